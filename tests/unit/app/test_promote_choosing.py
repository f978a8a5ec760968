from __future__ import annotations

from pathlib import Path

import pytest

from planner.app.promotion.choosing import Promotion, choose, parts_of
from planner.errors import PlannerError, Refused
from planner.model.project import Project, Promotable
from planner.model.release import Release
from planner.promote.log import Log, Rejection, Run

PROJECT = Project("shop", promote=Promotable(("bundle_version",), templates=True))
AT = "2026-08-24T09:00:00Z"


def run(name: str, *, until: str = AT, whole: bool = True) -> Run:
    """known_as: r-<name> and zeros."""
    return Run(Release(), AT, until=until, whole=whole, known_as=f"r-{name:0<10}")


def rejected(name: str) -> Rejection:
    return Rejection(f"r-{name:0<10}", "slow", "ann", AT)


A, B, C = run("aaaa"), run("bbbb"), run("cccc", until="")
FAILED = run("dddd", until="", whole=False)


def chosen(promotion: Promotion, *records: Run | Rejection) -> str:
    return choose(PROJECT, Path(), promotion, parts_of(PROJECT), Log(records)).run.id


UP, BACK = Promotion("prod", "staging"), Promotion("prod")

RELEASES = {
    "what runs upstream": (UP, [A, C], "cccc"),
    "also where its apply was not whole: a gate says that": (UP, [A, FAILED], "dddd"),
    "what ran there": (Promotion("prod", "staging", release="r-aaaa"), [A, C], "aaaa"),
    "what ran before": (BACK, [A, B, C], "bbbb"),
    "before a failed apply": (BACK, [A, FAILED], "aaaa"),
    "not what runs, though it ran twice": (BACK, [A, run("cccc"), C], "aaaa"),
    "not a rejected one": (BACK, [A, B, rejected("bbbb"), C], "aaaa"),
    "a rejected one by its name": (Promotion("prod", release="r-bbbb"), [A, B, rejected("bbbb"), C], "bbbb"),
    "after everything was destroyed": (BACK, [A, B], "bbbb"),
    "before what one went back to": (BACK, [A, B, run("cccc"), run("bbbb", until="")], "aaaa"),
}


@pytest.mark.parametrize(("promotion", "records", "name"), RELEASES.values(), ids=RELEASES)
def test_the_release(promotion: Promotion, records: list[Run | Rejection], name: str) -> None:
    assert chosen(promotion, *records) == f"r-{name:0<10}"


def test_a_file_that_brings_what_never_ran_whole_goes_back_to_what_did_last() -> None:
    log = Log((A, run("cccc"), run("bbbb"), FAILED))
    found = choose(PROJECT, Path(), BACK, parts_of(PROJECT), log, lambda _run: False)
    assert found.run.id == "r-bbbb000000"


REFUSED = {
    "nothing runs upstream": (UP, [], "staging runs no release"),
    "nothing runs there any more": (UP, [A], "staging runs no release"),
    "never whole": (
        Promotion("prod", release="r-dddd"),
        [A, FAILED],
        "r-dddd did not run in prod, or never whole",
    ),
    "two of them": (
        Promotion("prod", "staging", release="r-aaaa"),
        [run("aaaab"), run("aaaac")],
        "r-aaaa is not one release",
    ),
    "nothing before": (BACK, [C], "prod ran no release before r-cccc000000"),
    "nothing yet": (BACK, [], "prod ran no release yet"),
    "only rejected ones": (BACK, [A, rejected("aaaa"), C], "those that prod ran are rejected: r-aaaa000000"),
}


@pytest.mark.parametrize(("promotion", "records", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(promotion: Promotion, records: list[Run | Rejection], why: str) -> None:
    with pytest.raises(Refused, match=why):
        chosen(promotion, *records)


def test_the_parts() -> None:
    parts = parts_of(PROJECT)
    assert parts == ("templates", "bundle_version")
    log = Log((C,))
    all_of_it = choose(PROJECT, Path(), Promotion("prod", "staging", only=parts[::-1]), parts, log)
    assert (all_of_it.parts, all_of_it.whole) == (parts, True)
    one = choose(PROJECT, Path(), Promotion("prod", "staging", only=("templates",)), parts, log)
    assert (one.parts, one.whole) == (("templates",), False)


@pytest.mark.parametrize("promote", [None, Promotable()], ids=["not named", "empty"])
def test_nothing_to_promote(promote: Promotable | None) -> None:
    with pytest.raises(Refused, match="promote"):
        parts_of(Project("shop", promote=promote))


def test_not_a_release() -> None:
    with pytest.raises(PlannerError, match="'main' is no release"):
        chosen(Promotion("prod", release="main"), A)
