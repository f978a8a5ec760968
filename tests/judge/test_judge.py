"""The linter's errors beside what Lucene and Elasticsearch refuse.

PLANNER_UPDATE_GOLDEN=1 writes the table of docs/reference/lint/README.md anew.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Mapping

import pytest
from attrs import frozen

from planner.archives.lint import lint
from planner.archives.lint.tree import BUNDLE, PLUGIN, File, tree
from tests.acceptance.runner import ROOT
from tests.unit.archives.lint.cases import Members

from .generated import FORMATS, Format, generated
from .judge import ASK, class_path, question, verdicts

pytestmark = pytest.mark.long

PAGE = ROOT / "docs/reference/lint/README.md"


@frozen
class Reason:
    """Why the two may differ. format: of which files. refusal: a pattern of what the judge says, or of the
    ids of the linter's errors where the judge says nothing.
    """

    format: str
    refusal: str
    why: str


REASONS = (
    Reason(
        "plugins",
        r"was built for Elasticsearch version \d+\.\d+\.\d+ but|requires Java \d",
        "It was built for another version than the judge's, 8.15.3 on Java 17: this is looked at where the "
        "plugin is bound to a deployment.",
    ),
    Reason(
        "hunspell",
        "UnsupportedCharsetException",
        "SET names no encoding that Python knows. Java knows others: only a name that it cannot have is an "
        "error.",
    ),
)


@frozen
class Judged:
    """refusal: of the judge. errors: ids of the linter's."""

    members: Members
    refusal: str | None
    errors: frozenset[str]

    @property
    def agree(self) -> bool:
        return bool(self.refusal) == bool(self.errors)

    @property
    def said(self) -> str:
        return self.refusal or " ".join(sorted(self.errors))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Judged]]:
    if class_path() is None:
        pytest.skip(f"no Java, or not the jars that the judge needs: {ASK}")
    folder = tmp_path_factory.mktemp("judged")
    made = [(form.name, members) for form in FORMATS for members in generated(form)]
    asked = [question(folder / str(n), name, members) for n, (name, members) in enumerate(made)]
    found: dict[str, list[Judged]] = {}
    for (name, members), refusal in zip(made, verdicts(asked), strict=True):
        found.setdefault(name, []).append(Judged(members, refusal, errors(name, members)))
    return found


def errors(name: str, members: Members) -> frozenset[str]:
    files = (File(path, len(data), lambda data=data: io.BytesIO(data)) for path, data in members.items())  # type: ignore[misc] # mypy infers no lambda with a default
    report = lint(tree(name, files, PLUGIN if name == "plugins" else BUNDLE))
    assert report.unchecked == ()
    return frozenset(item.rule.id for item in report.findings if item.rule.is_error)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_what_is_good_is_good_for_both_and_each_refuses_some(
    judged: Mapping[str, list[Judged]], form: Format
) -> None:
    found = judged[form.name]
    assert [one.said for one in found[: len(form.good)]] == [""] * len(form.good)
    assert any(one.refusal and one.errors for one in found)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_where_they_differ_there_is_a_reason(judged: Mapping[str, list[Judged]], form: Format) -> None:
    differ = [one for one in judged[form.name] if not one.agree]
    assert [one for one in differ if reason(form.name, one) is None] == []


def test_no_reason_is_left_over(judged: Mapping[str, list[Judged]]) -> None:
    used = {reason(name, one) for name, found in judged.items() for one in found if not one.agree}
    assert used == set(REASONS)


def test_the_table_tells_it(judged: Mapping[str, list[Judged]]) -> None:
    begin, end = "<!-- judged -->\n", "<!-- /judged -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    page = before + begin + table(judged) + end + rest.split(end)[1]
    if os.environ.get("PLANNER_UPDATE_GOLDEN"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def reason(name: str, one: Judged) -> Reason | None:
    return next((r for r in REASONS if r.format == name and re.search(r.refusal, one.said)), None)


def table(judged: Mapping[str, list[Judged]]) -> str:
    rows = [
        "| files | of them | both take | both refuse | only the judge refuses | only the linter refuses |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    why: Counter[tuple[str, str]] = Counter()
    for name, found in judged.items():
        kinds = Counter((bool(one.refusal), bool(one.errors)) for one in found)
        counts = [kinds[kind] for kind in ((False, False), (True, True), (True, False), (False, True))]
        rows.append(f"| {name} | {len(found)} | {' | '.join(map(str, counts))} |")
        why.update((name, r.why) for one in found if not one.agree and (r := reason(name, one)))
    reasons = [f"- {name}, {count}: {text}" for (name, text), count in why.items()]
    return "\n".join([*rows, "", *(reasons or ["They differ nowhere."]), ""])
