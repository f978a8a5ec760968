from __future__ import annotations

import pytest
from attrs import evolve

from planner.app.promotion.choosing import Choice, Promotion
from planner.app.promotion.wording import Account, change_lines, commit_message, description, waiting
from planner.model.release import Edit, Gate, Release
from planner.model.value import Value
from planner.promote.gates import PROMOTION, Verdict
from planner.promote.log import Run

RUN = Run(Release(), "2026-08-24T09:00:00Z", known_as="r-4f2c9a0000")
COMMIT = Edit(("templates",), "1a2b3c4d5e6f", "3f9c1ab22222")
SOAK = Gate("soak", True, "r-4f2c9a0000 soaked 1h of 48h in staging", forced="urgent (ann, 2026-08-24)")
APPROVALS = Gate("approvals", False, "0 of 1", "Run: planner release approve r-4f2c9a0000 prod", applies=True)
ACCOUNT = Account(
    Choice(Promotion("prod", "staging"), RUN, ("templates",)),
    Verdict(PROMOTION, "r-4f2c9a0000", (SOAK, APPROVALS)),
    "pins/prod.yaml",
    (COMMIT, Edit(("variables", "languages"), None, ["de", "fr"], is_new=True)),
    {"soak": "urgent"},
)

MESSAGE = """\
Promote r-4f2c9a0000 from staging to prod

- pins/prod.yaml: templates 1a2b3c4d5e6f -> 3f9c1ab22222
- pins/prod.yaml: variables.languages = ["de", "fr"]

Gates:
- soak: forced: r-4f2c9a0000 soaked 1h of 48h in staging; set aside: urgent (ann, 2026-08-24)
- approvals: closed: 0 of 1

Planner-Release: r-4f2c9a0000
Planner-From: staging
Planner-Forced: soak: urgent
"""

TEXT = """\
- `pins/prod.yaml: templates 1a2b3c4d5e6f -> 3f9c1ab22222`
- `pins/prod.yaml: variables.languages = ["de", "fr"]`

| Gate | State | |
| --- | --- | --- |
| `soak` | forced | `r-4f2c9a0000 soaked 1h of 48h in staging; set aside: urgent (ann, 2026-08-24)` |
| `approvals` | **closed** | `0 of 1` |

Planner-Release: r-4f2c9a0000
Planner-From: staging
Planner-Forced: `soak: urgent`
"""


def test_the_commit() -> None:
    assert commit_message(ACCOUNT) == MESSAGE


def test_the_pull_request() -> None:
    assert description(ACCOUNT, 65_536) == TEXT


def test_what_the_apply_waits_for() -> None:
    advice = "Run: planner release approve r-4f2c9a0000 prod"
    assert list(waiting(ACCOUNT)) == [f"The apply waits for approvals: 0 of 1. {advice}"]


@pytest.mark.parametrize(
    ("promotion", "whole", "title", "branch"),
    [
        (
            Promotion("prod", "staging"),
            True,
            "Promote r-4f2c9a0000 from staging to prod",
            "promote-prod-r-4f2c9a0000",
        ),
        (Promotion("prod"), True, "Roll prod back to r-4f2c9a0000", "rollback-prod-r-4f2c9a0000"),
        (
            Promotion("prod", "staging", ("templates",)),
            False,
            "Promote templates of r-4f2c9a0000 from staging to prod",
            "promote-prod-r-4f2c9a0000",
        ),
    ],
    ids=["promotion", "rollback", "part"],
)
def test_titles(promotion: Promotion, whole: bool, title: str, branch: str) -> None:
    account = evolve(ACCOUNT, choice=evolve(ACCOUNT.choice, promotion=promotion, whole=whole))
    assert (account.title, account.branch) == (title, f"planner/{branch}")


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("8.14.*", "8.15.*", '"8.14.*" -> "8.15.*"'),
        ("8.10", 8.1, '"8.10" -> 8.1'),
        (None, True, "null -> true"),
        ("one\nline", "\x1b[31mred", '"one\\nline" -> "\\x1b[31mred"'),
    ],
)
def test_values(before: Value, after: Value, shown: str) -> None:
    account = evolve(ACCOUNT, edits=(Edit(("variables", "x"), before, after),))
    assert change_lines(account) == [f"pins/prod.yaml: variables.x {shown}"]


def test_ids_are_shown_as_they_are() -> None:
    edits = (
        Edit(("release",), None, "r-4f2c9a0000", is_new=True),
        Edit(("variables", "x"), "a", None, is_gone=True),
    )
    assert change_lines(evolve(ACCOUNT, edits=edits)) == [
        "pins/prod.yaml: release = r-4f2c9a0000",
        'pins/prod.yaml: variables.x "a" is not pinned any more',
    ]


def test_a_long_value_is_shortened() -> None:
    [line] = change_lines(evolve(ACCOUNT, edits=(Edit(("variables", "x"), "a" * 500, "b"),)))
    assert len(line) < 130


@pytest.mark.parametrize(
    ("limit", "has"),
    [
        (65_536, "variable_199"),
        (4_000, "- and 190 more\n"),
        (500, "- 200 values\n"),
        (300, "Planner-Release"),
    ],
)
def test_the_text_fits(limit: int, has: str) -> None:
    edits = tuple(Edit(("variables", f"variable_{number}"), "old", "new") for number in range(200))
    text = description(evolve(ACCOUNT, edits=edits), limit)
    assert len(text) <= limit
    assert text.rstrip().endswith("Planner-Forced: `soak: urgent`")
    assert has in text


def test_what_people_wrote_stays_in_code() -> None:
    hostile = "@all ![x](https://x.invalid/y) `code` <script> | #1\n/close"
    gate = evolve(SOAK, detail=hostile, forced=hostile)
    account = evolve(ACCOUNT, verdict=evolve(ACCOUNT.verdict, gates=(gate,)), reasons={"soak": hostile})
    text = description(account, 65_536)
    rows = [line for line in text.splitlines() if line.startswith("| `soak`")]
    assert len(rows) == 1
    assert rows[0].count("|") == 4
    assert not [line for line in text.splitlines() if line.startswith("/")]
    last = text.strip().split("\n\n")[-1].splitlines()
    assert [line.partition(":")[0] for line in last] == ["Planner-Release", "Planner-From", "Planner-Forced"]
    message = commit_message(account).strip().split("\n\n")[-1].splitlines()
    assert [line.partition(":")[0] for line in message] == [line.partition(":")[0] for line in last]
