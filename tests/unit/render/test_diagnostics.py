from __future__ import annotations

from collections.abc import Callable

import pytest

from planner.errors import ApiError, Conflict, InvalidConfiguration, PlannerError, Refused
from planner.model.diagnostic import ERROR, WARNING, Diagnostic, Position
from planner.render.diagnostics import render_diagnostics, render_error
from planner.render.style import Style

PLAIN = Style()
TYPO = Diagnostic(
    ERROR,
    'unknown attribute "verison"',
    position=Position("templates/extensions.yaml", 12, "    verison: 8.*\n"),
    address="extension.synonyms",
    advice='Did you mean "version"?',
)
ITEMS = (
    Diagnostic(
        WARNING,
        "the variable is used nowhere",
        position=Position("planner.yaml", 3, "  lang: {type: string}"),
    ),
    Diagnostic(ERROR, "nothing is known of the environment", advice="Name one with -e."),
    TYPO,
    Diagnostic(
        ERROR,
        "files/synonyms.zip has members with unsafe names, and this summary is so long it needs two lines",
        detail="'../a' leads out of the archive\nand this is the second line of the detail",
        position=Position("templates/extensions.yaml", 9, "\tfile: " + "files/" * 20),
        address="extension.synonyms",
    ),
    Diagnostic(ERROR, "not YAML", position=Position("environments/dev.yaml")),
    Diagnostic(
        ERROR, "no address\x1b[2J", address="extension.a", position=Position("x\x07.yaml", 1, "\x1b[31mred")
    ),
    TYPO,
)


def test_one_diagnostic() -> None:
    assert render_diagnostics([TYPO], width=80, style=PLAIN) == (
        'Error: unknown attribute "verison"\n'
        "  templates/extensions.yaml:12, in extension.synonyms\n"
        "    12 |     verison: 8.*\n"
        '  Did you mean "version"?\n'
        "\n"
        "1 error.\n"
    )


@pytest.mark.parametrize("width", [80, 200])
def test_golden(width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"diagnostics.{width}", render_diagnostics(ITEMS, width=width, style=PLAIN))


def test_no_diagnostics() -> None:
    assert render_diagnostics([], width=80, style=PLAIN) == ""


def test_only_warnings() -> None:
    assert render_diagnostics(ITEMS[:1], width=80, style=PLAIN).endswith("\n\n1 warning.\n")


def test_colours() -> None:
    text = render_diagnostics(ITEMS[:2], width=80, style=Style(colours=True))
    assert text.startswith("\x1b[1;31mError:\x1b[0m nothing")
    assert "\x1b[1;33mWarning:\x1b[0m the variable" in text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PlannerError("it broke"), "Error: it broke\n"),
        (Refused("declined\x1b", advice="Say yes."), "Error: declined\\x1b\n  Say yes.\n"),
        (
            ApiError("the API said no", operation="create-extension", status=400, advice="Look."),
            "Error: the API said no\n  create-extension, HTTP 400\n  Look.\n",
        ),
        (
            Conflict(
                "it moved", operation="update-extension", status=409, codes=["extensions.version_conflict"]
            ),
            "Error: it moved\n  update-extension, HTTP 409, extensions.version_conflict\n",
        ),
        (InvalidConfiguration([ITEMS[1]]), render_diagnostics([ITEMS[1]], width=80, style=PLAIN)),
        (InvalidConfiguration([]), "Error: 0 errors in the configuration\n"),
    ],
)
def test_errors(error: PlannerError, text: str) -> None:
    assert render_error(error, width=80, style=PLAIN) == text
