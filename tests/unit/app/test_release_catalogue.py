"""What all logs together say of releases."""

from __future__ import annotations

import pytest

from planner.app.promotion.release_reading import catalogue, listed, matching
from planner.errors import Refused, WrongUsage
from planner.model.release import Gate, KnownRelease, Release, Remark
from planner.promote.log import Approval, Force, Log, Rejection, Run, Source, Verification

ONE, TWO = (Release({"v": text}, archives={"files/a": text * 64}) for text in ("1", "2"))
DAYS = [f"2026-08-{day:02}T09:00:00Z" for day in range(1, 10)]


def by_id(found: tuple[KnownRelease, ...]) -> dict[str, KnownRelease]:
    return {item.id: item for item in found}


def test_where_each_runs_and_ran() -> None:
    dev = Log((Run(ONE, DAYS[0], until=DAYS[2]), Run(TWO, DAYS[2])))
    staging = Log((Run(ONE, DAYS[1]),))
    found = catalogue({"dev": dev, "staging": staging, "prod": Log()})
    assert [item.id for item in found] == [TWO.id, ONE.id]
    one = by_id(found)[ONE.id]
    assert (one.runs_in, one.ran_in, one.first_seen) == (("staging",), ("dev",), DAYS[0])
    assert one.release == ONE
    assert [stay.environment for stay in one.stays] == ["dev", "staging"]


def test_an_environment_that_came_back_to_it() -> None:
    runs = (Run(ONE, DAYS[0], until=DAYS[1]), Run(TWO, DAYS[1], until=DAYS[2]), Run(ONE, DAYS[2]))
    one = by_id(catalogue({"dev": Log(runs)}))[ONE.id]
    assert (one.runs_in, one.ran_in) == (("dev",), ())
    assert len(one.stays) == 2


def test_it_goes_by_the_name_that_it_has_upstream() -> None:
    own = Release(ONE.variables, archives={**ONE.archives, "files/own": "3" * 64})
    logs = {"prod": Log((Run(own, DAYS[0], known_as=ONE.id),)), "staging": Log((Run(ONE, DAYS[1]),))}
    (found,) = catalogue(logs)
    assert (found.id, found.release, found.runs_in) == (ONE.id, ONE, ("prod", "staging"))
    assert found.stays[0].archives == own.archives


def test_where_it_came_from() -> None:
    gates = (Gate("soak", True, "24h"),)
    run = Run(
        ONE, DAYS[0], by="ann", commit="c", pull_request="#1", source=Source("dev", "l", 3), gates=gates
    )
    (stay,) = catalogue({"staging": Log((run,))})[0].stays
    assert (stay.source, stay.lineage, stay.serial, stay.gates) == ("dev", "l", 3, gates)
    assert (stay.by, stay.commit, stay.pull_request) == ("ann", "c", "#1")


def test_what_was_said_of_it() -> None:
    said = (
        Verification(ONE.id, "smoke", False, DAYS[1], "ci", "https://ci.example/1"),
        Approval(ONE.id, "Ann", DAYS[2]),
        Approval(ONE.id, "ann", DAYS[3]),
        Force(ONE.id, "soak", "hurry", "bob", DAYS[4]),
        Rejection(ONE.id, "wrong", "bob", DAYS[5]),
    )
    (found,) = catalogue({"prod": Log(said)})
    assert (found.release, found.first_seen) == (None, DAYS[1])
    assert found.remarks == (
        Remark("prod", "verified", "ci", DAYS[1], "smoke", ok=False, text="https://ci.example/1"),
        Remark("prod", "approved", "Ann", DAYS[2]),
        Remark("prod", "approved", "ann", DAYS[3]),
        Remark("prod", "forced", "bob", DAYS[4], "soak", text="hurry"),
        Remark("prod", "rejected", "bob", DAYS[5], text="wrong"),
    )
    assert (found.is_rejected, found.approvals("prod"), found.approvals("dev")) == (True, 1, 0)
    assert (found.runs_in, found.ran_in, found.environments) == ((), (), ("prod",))


def test_nobody_knows_any() -> None:
    assert catalogue({"dev": Log()}) == ()


KNOWN = ["r-4f2c9a0000", "r-4f2c110000", "r-aaaaaaaaaa"]


@pytest.mark.parametrize(
    ("beginning", "found"),
    [("r-4f2c9a", KNOWN[0]), (KNOWN[1], KNOWN[1]), ("r-aaaa", KNOWN[2]), ("r-bbbb", None)],
)
def test_a_release_by_its_beginning(beginning: str, found: str | None) -> None:
    assert matching(beginning, [*KNOWN, *KNOWN]) == found


def test_a_beginning_of_two() -> None:
    with pytest.raises(Refused, match="r-4f2c is not one release: r-4f2c110000, r-4f2c9a0000"):
        matching("r-4f2c", KNOWN)


@pytest.mark.parametrize("text", ["", "r-", "r-aaa", "aaaa", "r-AAAA", "r-aaaaaaaaaaa", "r-aaaa\n", "r-aaa*"])
def test_what_is_no_release(text: str) -> None:
    with pytest.raises(WrongUsage):
        matching(text, KNOWN)


def test_a_list_of_many_is_cut() -> None:
    assert listed(map(str, range(9))) == "0, 1, 2, 3, 4, 5, 6, 7, ..."
    assert listed(["a", "b", "a"]) == "a, b"


@pytest.mark.parametrize("order", [(ONE, TWO), (TWO, ONE)])
def test_two_of_one_second_are_in_the_order_of_the_log(order: tuple[Release, Release]) -> None:
    older, newer = order
    log = Log((Run(older, DAYS[0], until=DAYS[0]), Run(newer, DAYS[0])))
    found = catalogue({"dev": log, "staging": Log((Run(older, DAYS[0]),))})
    assert [item.id for item in found] == [newer.id, older.id]
