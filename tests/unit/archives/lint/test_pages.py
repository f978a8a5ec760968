"""The pages of the rules are made of the rules. PLANNER_UPDATE_GOLDEN=1 pytest writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from planner.archives.lint import families
from planner.archives.lint.family import Family
from planner.model.lint import Rule

PAGES = Path(__file__).parents[4] / "docs/reference/lint"


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_a_page_says_what_the_rules_say(family: Family) -> None:
    path = PAGES / f"{family.name}.md"
    if os.environ.get("PLANNER_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(family), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page(family)


def test_no_page_is_left_over() -> None:
    assert {path.stem for path in PAGES.iterdir()} == {"README", *(family.name for family in families())}


def page(family: Family) -> str:
    title = f"# Rules for {family.title}\n\nMade from `planner lint --explain`.\n"
    return "\n".join([title, *map(section, family.rules)])


def section(rule: Rule) -> str:
    return (
        f"## {rule.id}\n\n**{rule.severity}**: {rule.sentence}. {rule.explanation}\n\n"
        f"{rule.advice} ([source]({rule.source}))\n"
    )
