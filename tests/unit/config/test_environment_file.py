"""environments/<name>.yaml and pins/<name>.yaml."""

from __future__ import annotations

import shutil

import pytest

from planner.config.environment_file import (
    EnvironmentFile,
    Pins,
    name_of,
    read_environment_file,
    read_pins,
)
from planner.config.sources import Sources
from planner.config.values import plain
from planner.config.variables import Inputs
from planner.model.diagnostic import Diagnostic, Diagnostics
from planner.model.value import Value

from .projects import Folder, shown

PROJECT = """project: shop
variables:
  version: {type: string, default: "8"}
  count: {type: integer, default: 1}
  size: {type: integer, default: 1}
environments:
  prod: {promote_from: [dev]}
  dev: {}
promote: {variables: [version, count], templates: true}
"""


FORMER = "there are pins in environments/prod.yaml: they are in a file of their own now, pins/prod.yaml"
AGAIN = "It is written whole: take the one in git (git checkout HEAD -- pins/prod.yaml), and promote again."


def read(folder: Folder, text: str | bytes) -> tuple[EnvironmentFile | None, list[str]]:
    folder.write({"environments/prod.yaml": text})
    diagnostics = Diagnostics()
    return read_environment_file(Sources(folder.root), "prod", diagnostics), shown(diagnostics.items)


def pins_in(folder: Folder, text: str | bytes) -> tuple[Pins | None, list[Diagnostic]]:
    folder.write({"pins/prod.yaml": text})
    diagnostics = Diagnostics()
    return read_pins(Sources(folder.root), "prod", diagnostics), diagnostics.items


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("variables:\n", {}),
        ("variables: null\n", {}),
        ("variables: {a: 1}\n", {"a": 1}),
        ("\ufeffvariables:\r\n  a: 1\r\n", {"a": 1}),
    ],
)
def test_values(folder: Folder, text: str, variables: dict[str, Value]) -> None:
    found, problems = read(folder, text)
    assert problems == []
    assert found is not None
    assert plain(found.variables) == variables


@pytest.mark.parametrize(
    ("text", "release", "templates", "variables"),
    [
        ("templates: 3f9c1ab\n", "", "3f9c1ab", {}),
        ("release: r-0123456789\ntemplates: 3f9c1ab\n", "r-0123456789", "3f9c1ab", {}),
        ("variables: {version: 8.15}\n", "", "", {"version": 8.15}),
        ("templates: 1234567\nvariables: {version: x}\n", "", "1234567", {"version": "x"}),
        ("templates: 12e4567\n", "", "12e4567", {}),
        ("templates: 0012345\n", "", "0012345", {}),
        ("templates: '1234567'\n", "", "1234567", {}),
        (f"templates: {'12' * 20}\n", "", "12" * 20, {}),
        ("\ufefftemplates: 3f9c1ab\r\n", "", "3f9c1ab", {}),
    ],
    ids=[
        "a commit",
        "a release",
        "a variable",
        "digits",
        "digits with an e",
        "a zero in front",
        "quoted",
        "a whole hash of digits",
        "of another system",
    ],
)
def test_what_is_pinned(
    folder: Folder, text: str, release: str, templates: str, variables: dict[str, Value]
) -> None:
    found, problems = pins_in(folder, text)
    assert problems == []
    assert found is not None
    assert (found.release, found.templates, plain(found.variables)) == (release, templates, variables)


CONFLICT = """release: r-0123456789
<<<<<<< HEAD
templates: 3f9c1ab
=======
templates: aaaaaaa
>>>>>>> other
"""
UNUSABLE = {
    "a branch": ("templates: main\n", ["1: templates does not match"]),
    "six digits": ("templates: 3f9c1a\n", ["1: templates does not match"]),
    "upper case": ("templates: 3F9C1AB\n", ["1: templates does not match"]),
    "an option": ("variables: {}\ntemplates: --all\n", ["2: templates does not match"]),
    "a list": ("templates: [3f9c1ab]\n", ["1: templates must be a text, not a list"]),
    "no commit": ("templates: null\n", ["1: templates must be a text, not null"]),
    "no release": ("release: v1\ntemplates: 3f9c1ab\n", ["1: release does not match"]),
    "variables that are none": ("variables: [a]\n", ["1: variables must be a mapping, not a list"]),
    "an unknown key": ("templates: 3f9c1ab\nversion: 8\n", ['2: unknown key "version"']),
    "a former block": ("pins:\n  templates: 3f9c1ab\n", ['1: unknown key "pins"']),
    "several": ("release: x\ntemplates: y\n", ["1: release does not match", "2: templates does not match"]),
    "empty": ("", ["1: nothing is pinned in this file"]),
    "cut off": ("release: r-0123456789\n", ["1: nothing is pinned in this file"]),
    "no variables": ("variables: {}\n", ["1: nothing is pinned in this file"]),
    "two documents": (
        "templates: 3f9c1ab\n---\ntemplates: aaaaaaa\n",
        ["3: the file must hold one mapping, not 2 documents"],
    ),
    "no mapping": ("- a\n", ["1: the file must hold one mapping, not a list"]),
    "twice": ("templates: 3f9c1ab\ntemplates: aaaaaaa\n", ['2: the key "templates" is given twice']),
    "a conflict": (CONFLICT, ["2: a merge that git could not make is not resolved: <<<<<<<"]),
    "the end of a conflict": (
        CONFLICT.replace("<<<<<<< HEAD\n", ""),
        ["3: a merge that git could not make is not resolved: ======="],
    ),
    "a conflict of another system": (
        CONFLICT.replace("\n", "\r\n"),
        ["2: a merge that git could not make is not resolved: <<<<<<<"],
    ),
    "a conflict among variables": (
        "variables:\n<<<<<<< HEAD\n  a: 1\n||||||| base\n  a: 0\n=======\n  a: 2\n>>>>>>> other\n",
        ["2: a merge that git could not make is not resolved: <<<<<<<"],
    ),
    "no text": (b"\xff", ["1: not UTF-8"]),
}


@pytest.mark.parametrize(("text", "messages"), UNUSABLE.values(), ids=UNUSABLE)
def test_pins_that_cannot_be_used(folder: Folder, text: str | bytes, messages: list[str]) -> None:
    found, problems = pins_in(folder, text)
    assert found is None
    told = shown(problems)
    assert len(told) == len(messages)
    assert all(a.startswith(f"pins/prod.yaml:{b}") for a, b in zip(told, messages, strict=True))
    assert all(problem.advice for problem in problems)


def test_what_to_do_about_pins_that_cannot_be_used(folder: Folder) -> None:
    _, (problem,) = pins_in(folder, CONFLICT)
    assert problem.advice == AGAIN


@pytest.mark.parametrize("name", ["planner.yaml", "environments/prod.yaml", "templates/t.yaml"])
def test_a_merge_conflict_is_told_in_every_file(folder: Folder, name: str) -> None:
    write(folder, "templates: 3f9c1ab\n")
    folder.write({name: "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n"})
    (problem,) = folder.problems(environment="prod")
    assert problem == f"{name}:2: a merge that git could not make is not resolved: <<<<<<<"


@pytest.mark.parametrize("text", ["pins:\n", "pins: {}\n", "pins: {templates: x}\n", "pins: [a]\n"])
def test_pins_where_they_were_before(folder: Folder, text: str) -> None:
    found, problems = read(folder, f"variables: {{size: 2}}\n{text}")
    assert found is not None
    assert problems == [f"environments/prod.yaml:2: {FORMER}"]
    assert plain(found.variables) == {"size": 2}


@pytest.mark.parametrize("text", ["variables: [", "- a\n", "a: 1\n---\nb: 1\n", b"\xff", "a: {b: 1, b: 2}\n"])
def test_what_cannot_be_read(folder: Folder, text: str | bytes) -> None:
    found, problems = read(folder, text)
    assert found is None
    assert len(problems) == 1


def test_there_need_not_be_any(folder: Folder) -> None:
    diagnostics = Diagnostics()
    found = read_environment_file(Sources(folder.root), "prod", diagnostics)
    pins = read_pins(Sources(folder.root), "prod", diagnostics)
    assert found is not None
    assert pins is not None
    assert (found.variables, pins.variables, pins.templates, list(diagnostics)) == ({}, {}, "", [])


@pytest.mark.parametrize("link", ["environments/prod.yaml", "environments/prod.yml", "environments"])
def test_a_link_that_leads_nowhere_is_not_no_file(folder: Folder, link: str) -> None:
    folder.write({"environments/other.yaml": ""})
    if link == "environments":
        shutil.rmtree(folder.root / link)
    (folder.root / link).symlink_to("away")
    diagnostics = Diagnostics()
    assert read_environment_file(Sources(folder.root), "prod", diagnostics) is None
    (found,) = diagnostics
    assert "is a link to away, which is not there" in found.summary


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ([], "environments/prod.yaml"),
        (["environments/prod.yml"], "environments/prod.yml"),
        (["environments/prod.yml", "environments/prod.yaml"], "environments/prod.yaml"),
    ],
)
def test_its_name(folder: Folder, files: list[str], name: str) -> None:
    folder.write(dict.fromkeys(files, ""))
    assert name_of(folder.root, "prod") == name


def test_a_text_stands_for_what_is_on_disk(folder: Folder) -> None:
    folder.write({"pins/prod.yaml": "templates: aaaaaaa\n"})
    sources = Sources(folder.root, texts={"pins/prod.yaml": "templates: bbbbbbb\n"})
    found = read_pins(sources, "prod", Diagnostics())
    assert found is not None
    assert found.templates == "bbbbbbb"


def test_a_text_of_a_file_that_is_not_there(folder: Folder) -> None:
    sources = Sources(folder.root, texts={"pins/prod.yaml": "variables: {version: x}\n"})
    found = read_pins(sources, "prod", Diagnostics())
    assert found is not None
    assert plain(found.variables) == {"version": "x"}


def test_where_things_stand(folder: Folder) -> None:
    found, _ = pins_in(folder, "variables:\n  version: 2\n# why\ntemplates: 3f9c1ab\n")
    assert found is not None
    assert str(found.position("templates")) == "pins/prod.yaml:4"
    assert str(found.position("variables", "version")) == "pins/prod.yaml:2"


def write(folder: Folder, pins: str, project: str = PROJECT, values: str = "") -> None:
    files = {"planner.yaml": project, "environments/prod.yaml": values, "templates/t.yaml": ""}
    folder.write({**files, "pins/prod.yaml": pins})


@pytest.mark.parametrize(
    ("pins", "values", "name", "value", "origin"),
    [
        ("variables: {version: 8.10}\n", "", "version", "8.10", "pins/prod.yaml:1"),
        ("variables:\n  count: 3\n", "variables:\n  size: 2\n", "count", 3, "pins/prod.yaml:2"),
        ("variables: {version: no}\n", "", "version", "no", "pins/prod.yaml:1"),
        ("templates: 3f9c1ab\n", "", "version", "8", "default in planner.yaml"),
        ("templates: 3f9c1ab\n", "variables: {size: 2}\n", "size", 2, "environments/prod.yaml:1"),
    ],
)
def test_a_pinned_value_is_the_variables(
    folder: Folder, pins: str, values: str, name: str, value: Value, origin: str
) -> None:
    write(folder, pins, values=values)
    configuration = folder.load(environment="prod")
    assert shown(configuration.diagnostics) == []
    found = configuration.variables[name]
    assert (found.value, found.origin) == (value, origin)


SOURCE = PROJECT.replace("prod: {promote_from: [dev]}", "prod: {}")
SET = '"version" is promoted: it is pinned in pins/prod.yaml, and not set here'


def test_where_releases_come_from_nowhere_a_pin_wins_over_the_environments_value(folder: Folder) -> None:
    """As after a rollback of such an environment."""
    write(folder, "variables: {version: a}\n", SOURCE, "variables: {version: b}\n")
    configuration = folder.load(environment="prod")
    assert shown(configuration.diagnostics) == [
        'environments/prod.yaml:1: "version" is pinned in pins/prod.yaml:1: its value here does not count'
    ]
    assert configuration.diagnostics[0].advice == "To go on with this one, delete pins/prod.yaml."
    assert configuration.variables["version"].value == "a"
    write(folder, "variables: {version: a}\n", SOURCE, "variables: {version: a, size: 2}\n")
    assert folder.problems(environment="prod") == []


@pytest.mark.parametrize(
    ("inputs", "value", "by"),
    [
        (Inputs(), "8.15", ""),
        (Inputs(environ={"PLANNER_VAR_version": "8.16"}), "8.16", "PLANNER_VAR_version"),
        (Inputs([("version", "8.17")], environ={"PLANNER_VAR_version": "8.16"}), "8.17", "--var version"),
        (Inputs([("version", "8.15")]), "8.15", ""),
        (Inputs([("size", "3")]), "8.15", ""),
    ],
    ids=["alone", "the environment", "--var", "the same value", "another variable"],
)
def test_what_the_command_line_says_comes_first_and_is_told(
    folder: Folder, inputs: Inputs, value: str, by: str
) -> None:
    write(folder, "variables: {version: 8.15}\n")
    configuration = folder.load(environment="prod", inputs=inputs)
    found = configuration.variables["version"]
    assert found.value == value
    assert found.pin == ("pins/prod.yaml:1" if by else "")
    told = f'pins/prod.yaml:1: variable "version" is not as it is pinned: {by} overrides the pin'
    assert shown(configuration.diagnostics) == ([told] if by else [])


def test_a_file_of_variables_overrides_a_pin(folder: Folder) -> None:
    write(folder, "variables: {version: 8.15}\n")
    folder.write({"more.yaml": "version: 8.18\n"})
    found = folder.load(environment="prod", inputs=Inputs(files=[str(folder.root / "more.yaml")])).variables[
        "version"
    ]
    assert (found.value, found.pin) == ("8.18", "pins/prod.yaml:1")


@pytest.mark.parametrize(
    ("pins", "values", "problems", "advice"),
    [
        (
            "variables: {count: 2}\n",
            "variables:\n  size: 3\n  version: b\n",
            [f"environments/prod.yaml:3: {SET}"],
            "Take it out, and promote: planner promote dev prod\n"
            "To pin it as it is: planner promote --move-pins",
        ),
        (
            "variables:\n  size: 2\n",
            "",
            ['pins/prod.yaml:2: "size" is pinned, and no promotable variable'],
            "Name it in planner.yaml under promote.variables, or promote again: that pins "
            "what is named there.",
        ),
        (
            "variables: {verson: a}\n",
            "",
            ['pins/prod.yaml:1: variable "verson" is not declared in planner.yaml'],
            'Did you mean "version"?',
        ),
        (
            "variables: {count: many}\n",
            "",
            ['pins/prod.yaml:1: variable "count" must be a whole number, not "many"'],
            "",
        ),
        (
            "variables: {size: 2, count: many}\n",
            "variables: {version: 3}\n",
            [
                f"environments/prod.yaml:1: {SET}",
                'pins/prod.yaml:1: "size" is pinned, and no promotable variable',
                'pins/prod.yaml:1: variable "count" must be a whole number, not "many"',
            ],
            "",
        ),
    ],
    ids=["set elsewhere", "not promotable", "unknown", "another type", "all at once"],
)
def test_pins_that_are_wrong(
    folder: Folder, pins: str, values: str, problems: list[str], advice: str
) -> None:
    write(folder, pins, values=values)
    found = folder.load(environment="prod").diagnostics
    assert shown(found) == problems
    assert advice in {item.advice for item in found}


def test_a_promoted_variable_without_a_value_is_to_be_promoted(folder: Folder) -> None:
    write(folder, "variables: {count: 2}\n", PROJECT.replace(', default: "8"', ""))
    (problem,) = folder.load(environment="prod").diagnostics
    assert problem.summary == 'variable "version" has no value in environment prod: none is pinned'
    assert problem.advice.startswith("Promote a release: planner promote dev prod\n")


def test_a_commit_can_be_pinned_where_nothing_is_promoted(folder: Folder) -> None:
    nothing = PROJECT.replace("promote: {variables: [version, count], templates: true}\n", "")
    write(folder, "templates: 3f9c1ab\n", nothing)
    assert folder.problems(environment="prod") == []
    write(folder, "variables: {version: x}\n", nothing)
    assert folder.problems(environment="prod") == [
        'pins/prod.yaml:1: "version" is pinned, and no promotable variable'
    ]
