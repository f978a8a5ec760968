"""Pins that are in environments/ are taken out of there, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.app.opening import Request
from planner.app.promotion.moving import Move, move_pins
from planner.config.variables import Inputs
from planner.errors import InvalidConfiguration, Refused

from .repositories import PROJECT, write

MORE = PROJECT.replace("version: {type", 'text: {type: string, default: ""}\n  version: {type')
NAME = "environments/prod.yaml"


def moved(folder: Path, text: str, environment: str = "prod") -> Move | None:
    write(folder, "planner.yaml", MORE)
    path = folder / f"environments/{environment}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    found, commit = move_pins(Request(folder, None, Inputs()), dry_run=True)
    assert not commit
    assert path.read_bytes() == text.encode(), "it is a dry run"
    return found[0] if found else None


PINS = "templates: 3f9c1ab\n"
BLOCK = "pins:\n  templates: 3f9c1ab\n"
CASES = {
    "alone": (BLOCK, "", PINS),
    "at the end": (f"variables:\n  size: 2 # two\n{BLOCK}", "variables:\n  size: 2 # two\n", PINS),
    "first": (
        f"# prod\n{BLOCK}\n# own\nvariables: {{size: 2}}\n",
        "# prod\n\n# own\nvariables: {size: 2}\n",
        PINS,
    ),
    "without a line end": (f"variables: {{size: 2}}\n{BLOCK[:-1]}", "variables: {size: 2}\n", PINS),
    "with comments": (
        "variables:\n  size: 2\n# why\npins: # now\n  # this one\n  templates: 3f9c1ab # here\n# end\n",
        "variables:\n  size: 2\n# why\n# end\n",
        PINS,
    ),
    "in one line": ("pins: {templates: 3f9c1ab}\nvariables: {size: 2}\n", "variables: {size: 2}\n", PINS),
    "between braces": (
        "{pins: {templates: 3f9c1ab}, variables: {size: 2}}\n",
        "{variables: {size: 2}}\n",
        PINS,
    ),
    "last between braces": (
        "{variables: {size: 2}, pins: {templates: 3f9c1ab}}\n",
        "{variables: {size: 2}}\n",
        PINS,
    ),
    "alone between braces": ("{pins: {templates: 3f9c1ab}}\n", "{}\n", PINS),
    "a number": ("pins: {version: 8.10}\n", "", 'variables:\n  version: "8.10"\n'),
    "a commit of digits": ("pins: {templates: 1234567}\n", "", 'templates: "1234567"\n'),
    "a variable of its own": (
        "variables:\n  size: 2\n  version: '8.15' # what runs\npins: {templates: 3f9c1ab}\n",
        "variables:\n  size: 2\n",
        PINS + 'variables:\n  version: "8.15"\n',
    ),
    "first of the variables": (
        "variables:\n  version: 8.15\n  # two\n  size: 2\n",
        "variables:\n  # two\n  size: 2\n",
        'variables:\n  version: "8.15"\n',
    ),
    "its only variable": ("variables:\n  version: 8\n", "variables:\n", 'variables:\n  version: "8"\n'),
    "a variable between braces": (
        "variables: {size: 2, version: 8}\n",
        "variables: {size: 2}\n",
        'variables:\n  version: "8"\n',
    ),
    "empty": ("variables: {size: 2}\npins:\n", "variables: {size: 2}\n", ""),
    "empty braces": ("pins: {}\nvariables: {size: 2}\n", "variables: {size: 2}\n", ""),
    "line ends of another system": (
        "\ufeffvariables:\r\n  size: 2\r\npins:\r\n  templates: 3f9c1ab\r\n# end\r\n",
        "\ufeffvariables:\r\n  size: 2\r\n# end\r\n",
        PINS,
    ),
    "after a text of several lines": (
        f"variables:\n  text: |\n    pins:\n      a\n\n{BLOCK}",
        "variables:\n  text: |\n    pins:\n      a\n\n",
        PINS,
    ),
    "before a marker": (f"---\n{BLOCK}...\n", "---\n...\n", PINS),
}


@pytest.mark.parametrize(("text", "rest", "pins"), CASES.values(), ids=CASES)
def test_they_are_taken_out(tmp_path: Path, text: str, rest: str, pins: str) -> None:
    assert moved(tmp_path, text) == Move(NAME, rest, "pins/prod.yaml", pins)


@pytest.mark.parametrize("text", ["", "# pins: {}\n", "variables: {size: 2}\n", "variables:\n"])
def test_where_there_are_none(tmp_path: Path, text: str) -> None:
    assert moved(tmp_path, text) is None


def test_where_releases_come_from_nowhere_the_variables_stay(tmp_path: Path) -> None:
    assert moved(tmp_path, "variables: {version: 8}\n", "dev") is None
    found = moved(tmp_path, "variables: {version: 8}\npins: {version: 7}\n", "dev")
    assert found is not None
    assert (found.rest, found.pins) == ("variables: {version: 8}\n", 'variables:\n  version: "7"\n')


REFUSED = {
    "no mapping": ("pins: [a]\n", "cannot be taken out without changing something else"),
    "an anchor in it": (
        "pins: {version: &v '8'}\nvariables: {text: *v}\n",
        "cannot be taken out without changing something else",
    ),
    "merged": (
        "variables:\n  <<: {version: 8}\n  size: 2\n",
        "cannot be taken out without changing something else",
    ),
    "an empty document before": (f"---\n---\n{BLOCK}", "cannot be taken out without changing something else"),
    "variables of elsewhere": (
        "pins: &p {version: 8}\nvariables: *p\n",
        "cannot be taken out without changing something else",
    ),
    "no commit": ("pins: {templates: main}\n", "the pins of prod cannot be moved: templates does not match"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_moved(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        moved(tmp_path, text)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration):
        moved(tmp_path, "pins: [\n")


def test_pins_in_both_places(tmp_path: Path) -> None:
    write(tmp_path, "pins/prod.yaml", PINS)
    with pytest.raises(
        Refused, match=r"there are pins in environments/prod\.yaml, and in pins/prod\.yaml too"
    ):
        moved(tmp_path, BLOCK)
