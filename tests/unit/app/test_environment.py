from __future__ import annotations

import pytest
from attrs import evolve

from planner.app.preview.environment import advice_of, located, told, told_of
from planner.config.load import Configuration
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.address import Address
from planner.model.diagnostic import ERROR, WARNING, Diagnostic, Position
from planner.model.project import Environment, Project
from planner.model.resource import Desired

RANKING = Address("extension", "ranking")
LOST = Diagnostic(ERROR, "it must not be destroyed", "It would be.", address=str(RANKING), advice="Keep it.")


def at(line: int, summary: str) -> Diagnostic:
    return Diagnostic(ERROR, summary, position=Position("a.yaml", line, "text"))


@pytest.mark.parametrize(
    ("diagnostics", "text"),
    [
        pytest.param([at(9, "two"), at(3, "one")], "a.yaml:3: one\na.yaml:9: two", id="by their lines"),
        pytest.param([at(3, "one"), at(3, "one")], "a.yaml:3: one", id="the same once"),
        pytest.param(
            [evolve(at(3, "one"), address=f"extension.{name}") for name in "abc"],
            "a.yaml:3: one\n  2 more from a.yaml:3: extension.b, extension.c",
            id="of a loop",
        ),
        pytest.param([LOST], "it must not be destroyed\n  It would be.\n  Keep it.", id="with what to do"),
        pytest.param([Diagnostic(WARNING, "hm")], "", id="no warnings"),
    ],
)
def test_all_that_is_wrong_is_told(diagnostics: list[Diagnostic], text: str) -> None:
    assert told(diagnostics) == text


def test_an_error_is_told_with_all_its_diagnostics() -> None:
    wrong = InvalidConfiguration([at(3, "one"), at(9, "two")])
    assert (told_of(wrong), advice_of(wrong)) == (
        "a.yaml:3: one\na.yaml:9: two",
        "planner validate shows the lines.",
    )
    other = PlannerError("no", advice="Do this.")
    assert (told_of(other), advice_of(other)) == ("no", "Do this.")


def declaring(line: int) -> Configuration:
    return Configuration(
        Project("p"),
        Environment("dev"),
        resources={RANKING: Desired(RANKING, {})},
        locate=lambda _address, _path: Position("templates/a.yaml", line),
    )


NOTHING = Configuration(Project("p"), Environment("dev"))


@pytest.mark.parametrize(
    ("now", "before", "begins"),
    [
        pytest.param(declaring(3), declaring(9), "templates/a.yaml:3: it must", id="where it is declared"),
        pytest.param(NOTHING, declaring(9), "templates/a.yaml:9: it must", id="where it was"),
        pytest.param(NOTHING, None, "it must not", id="nowhere"),
    ],
)
def test_what_is_about_a_resource_has_its_place(
    now: Configuration, before: Configuration | None, begins: str
) -> None:
    text = told(located([LOST], now, before))
    assert text.startswith(begins)
    assert ("It was declared there before." in text) == ("a.yaml:9" in text)
