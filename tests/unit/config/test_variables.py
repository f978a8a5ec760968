from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from planner.config.variables import Inputs
from planner.model.value import Secret, Value
from planner.yaml12.number import read_number
from tests.unit.quoted import yaml_says

from .projects import Folder, shown

PROJECT = """
project: shop
environments: {dev: {}}
variables:
  text: {type: string, default: t}
  count: {type: integer, default: 1}
  ratio: {type: number, default: 1}
  flag: {type: boolean, default: false}
  items: {type: array, items: {type: string}, default: []}
  map: {type: object, default: {}}
  maybe: {type: [string, "null"], default: null}
  mixed: {type: [string, array], default: x}
  day: {type: string, format: date, default: 2026-01-02}
  choice: {enum: [a, 1, "2"], default: a}
  any: {default: null}
"""
NEEDED = """
project: shop
environments: {dev: {}}
variables:
  needed: {type: string}
  token: {type: string, sensitive: true}
"""


def write(folder: Folder, environment: str | bytes | None = None, project: str = PROJECT) -> None:
    folder.write({"planner.yaml": project, "templates/t.yaml": ""})
    if environment is not None:
        folder.write({"environments/dev.yaml": environment})


def values(folder: Folder, inputs: Inputs | None = None) -> Mapping[str, Value]:
    found = folder.load(inputs)
    assert shown(found.diagnostics) == []
    return {name: assigned.value for name, assigned in found.variables.items()}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "8.10", "8.10"),
        ("text", "no", "no"),
        ("text", "true", "true"),
        ("text", "12345", "12345"),
        ("text", "'8.10'", "8.10"),
        ("count", "0x10", read_number("0x10")),
        ("count", "5", 5),
        ("ratio", "8.10", read_number("8.10")),
        ("flag", "true", True),
        ("items", "[8.10, no, 'x']", ["8.10", "no", "x"]),
        ("items", "\n    - a\n    - 1\n", ["a", "1"]),
        ("map", "{a: 8.10, b: {c: null}}", {"a": read_number("8.10"), "b": {"c": None}}),
        ("maybe", "8.10", "8.10"),
        ("maybe", "null", None),
        ("maybe", "", None),
        ("choice", "1", 1),
        ("choice", "2", "2"),
        ("any", "8.10", read_number("8.10")),
        ("any", "'8.10'", "8.10"),
    ],
)
def test_environment_files(folder: Folder, name: str, text: str, value: Value) -> None:
    write(folder, f"variables:\n  {name}: {text}\n")
    found = values(folder)[name]
    assert found == value
    assert (type(found), repr(found)) == (type(value), repr(value))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "8.10", "8.10"),
        ("text", "", ""),
        ("text", "[a]", "[a]"),
        ("text", "a: b", "a: b"),
        ("count", "5", 5),
        ("ratio", "8.10", read_number("8.10")),
        ("flag", "true", True),
        ("items", "[a, 8.10]", ["a", "8.10"]),
        ("items", '["a: b"]', ["a: b"]),
        ("items", "- a\n- b", ["a", "b"]),
        ("map", "{a: 1}", {"a": 1}),
        ("map", "a: 1\nb: 2", {"a": 1, "b": 2}),
        ("maybe", "8.10", "8.10"),
        ("maybe", "null", None),
        ("mixed", "a: b", "a: b"),
        ("mixed", "[a]", ["a"]),
        ("choice", "1", 1),
        ("choice", "a", "a"),
        ("any", "8.10", "8.10"),
        ("any", "true", "true"),
        ("any", "[1]", [1]),
        ("any", "{a: 1}", {"a": 1}),
    ],
)
def test_texts(folder: Folder, name: str, text: str, value: Value) -> None:
    write(folder)
    for inputs in (Inputs(assignments=[(name, text)]), Inputs(environ={f"PLANNER_VAR_{name}": text})):
        found = values(folder, inputs)[name]
        assert found == value
        assert (type(found), repr(found)) == (type(value), repr(value))


def test_precedence_with_origins(folder: Folder) -> None:
    write(folder, "variables:\n  count: 2\n")
    folder.write({"one.yaml": "# c\ncount: 3\n", "two.yaml": "count: 4\n"})
    one, two = str(folder.root / "one.yaml"), str(folder.root / "two.yaml")
    environ = {"PLANNER_VAR_count": "5", "count": "9", "PLANNER_VAR_other": "9"}
    steps = [
        (Inputs(), 2, "environments/dev.yaml:2"),
        (Inputs(files=[one]), 3, f"{one}:2"),
        (Inputs(files=[one, two]), 4, f"{two}:1"),
        (Inputs(files=[one], environ=environ), 5, "PLANNER_VAR_count"),
        (Inputs(files=[one], environ=environ, assignments=[("count", "6")]), 6, "--var count"),
        (Inputs(assignments=[("count", "6"), ("count", "7")]), 7, "--var count"),
    ]
    for inputs, value, place in steps:
        assigned = folder.load(inputs).variables["count"]
        assert (assigned.value, assigned.origin) == (value, place)
    (folder.root / "environments" / "dev.yaml").unlink()
    assigned = folder.load().variables["count"]
    assert (assigned.value, assigned.origin) == (1, "default in planner.yaml")


def test_an_environment_file_may_end_in_yml(folder: Folder) -> None:
    write(folder)
    folder.write({"environments/dev.yml": "variables: {count: 2}"})
    assert values(folder)["count"] == 2


@pytest.mark.parametrize("text", ["", "# c\n", "---\n", "variables:\n", "variables: {}\n", "{}\n"])
def test_an_environment_file_may_be_empty(folder: Folder, text: str) -> None:
    write(folder, text)
    assert values(folder)["count"] == 1


def test_sensitive_values_are_secrets(folder: Folder) -> None:
    project = "project: p\nenvironments: {dev: {}}\nvariables: {s: {sensitive: true}}\n"
    write(folder, "variables:\n  s: [a, {b: c}]\n", project)
    found = values(folder)["s"]
    assert found == ["a", {"b": "c"}]
    assert [type(found[0]), type(found[1]["b"])] == [Secret, Secret]


@pytest.mark.parametrize(
    ("environment", "problems"),
    [
        ("- a\n", ["environments/dev.yaml:1: the file must hold one mapping, not a list"]),
        ("variables: [a]\n", ["environments/dev.yaml:1: variables must be a mapping, not a list"]),
        ("variables: {\n", [f"environments/dev.yaml:1: not YAML: {yaml_says('{')}"]),
        ("variabls: {}\n", ['environments/dev.yaml:1: unknown key "variabls"']),
        (
            "variables:\n  txt: a\n",
            ['environments/dev.yaml:2: variable "txt" is not declared in planner.yaml'],
        ),
        ("variables:\n  text: a\n  text: b\n", ['environments/dev.yaml:3: the key "text" is given twice']),
        (b"variables:\n  text: \xff\n", ["environments/dev.yaml:2: not UTF-8: byte 0xff at position 19"]),
        (
            "variables:\n  text: [a]\n  count: 1.5\n  flag: yes\n  items: x\n  map: []\n  "
            "choice: b\n  day: x\n",
            [
                'environments/dev.yaml:2: variable "text" must be a text, not a list',
                'environments/dev.yaml:3: variable "count" must be a whole number, not 1.5',
                'environments/dev.yaml:4: variable "flag" must be true or false, not "yes"',
                'environments/dev.yaml:5: variable "items" must be a list, not "x"',
                'environments/dev.yaml:6: variable "map" must be a mapping, not a list',
                'environments/dev.yaml:7: variable "choice" must be one of "a", 1, "2", not "b"',
                'environments/dev.yaml:8: variable "day" must be of the format date: "x"',
            ],
        ),
        (
            "variables:\n  items: [a, null]\n",
            ['environments/dev.yaml:2: variable "items"[1] must be a text, not null'],
        ),
        ("variables:\n  text:\n", ['environments/dev.yaml:2: variable "text" must be a text, not null']),
        ("variables:\n  any: .inf\n", ['environments/dev.yaml:2: variable "any" must be a finite number']),
        (
            "variables:\n  count: 99999999999999999999\n",
            ['environments/dev.yaml:2: variable "count" is a number of more than 64 bits'],
        ),
        (
            'variables:\n  map: {a: ["\\uf890"]}\n',
            ['environments/dev.yaml:2: variable "map".a[0] holds the reserved private-use character U+F890'],
        ),
    ],
)
def test_what_is_wrong_in_environment_files(
    folder: Folder, environment: str | bytes, problems: list[str]
) -> None:
    write(folder, environment)
    assert folder.problems() == problems


@pytest.mark.parametrize(
    ("assignments", "problems"),
    [
        ([("cont", "1")], ['variable "cont" is not declared in planner.yaml']),
        ([("count", "x")], ['variable "count" must be a whole number, not "x"']),
        ([("count", "")], ['variable "count" must be a whole number, not null']),
        (
            [("count", "1\n---\n2")],
            ['the value of variable "count" cannot be read: it holds more than one document'],
        ),
        ([("flag", "yes")], ['variable "flag" must be true or false, not "yes"']),
        (
            [("items", "[a")],
            [f'the value of variable "items" cannot be read: not YAML: {yaml_says("[a")}'],
        ),
        (
            [("items", "[" * 200)],
            ['the value of variable "items" cannot be read: nested deeper than 100 levels'],
        ),
        (
            [("text", "a\udcff")],
            ['variable "text" holds U+DCFF, half of a surrogate pair and no character'],
        ),
        ([("text", "\uf892")], ['variable "text" holds the reserved private-use character U+F892']),
        ([("items", "[\udcff]")], ['the value of variable "items" cannot be read: not valid Unicode text']),
    ],
)
def test_what_is_wrong_in_texts(
    folder: Folder, assignments: list[tuple[str, str]], problems: list[str]
) -> None:
    write(folder)
    found = folder.load(Inputs(assignments=assignments))
    assert shown(found.diagnostics) == problems
    assert [item.detail for item in found.diagnostics] == [f"It is set by --var {assignments[0][0]}."]


def test_did_you_mean(folder: Folder) -> None:
    write(folder)
    found = folder.load(Inputs(assignments=[("cont", "1")]))
    assert found.diagnostics[0].advice == 'Did you mean "count"?'


def test_environment_variables_of_other_projects_are_no_mistake(folder: Folder) -> None:
    write(folder)
    assert values(folder, Inputs(environ={"PLANNER_VAR_cont": "1", "PLANNER_VAR_": "2"}))["count"] == 1


def test_missing_values(folder: Folder) -> None:
    write(folder, project=NEEDED)
    found = folder.load()
    assert shown(found.diagnostics) == [
        'planner.yaml:5: variable "needed" has no value in environment dev',
        'planner.yaml:6: variable "token" has no value in environment dev',
    ]
    assert found.diagnostics[0].advice == (
        "Set it in environments/dev.yaml, by PLANNER_VAR_needed or by --var."
    )
    assert found.diagnostics[1].advice == "Set it by PLANNER_VAR_token or by --var-file."


def test_nothing_is_called_missing_when_a_source_cannot_be_read(folder: Folder) -> None:
    write(folder, project=NEEDED)
    nowhere = str(folder.root / "nowhere.yaml")
    assert folder.problems(Inputs(files=[nowhere])) == [f"{nowhere}: no such file"]


@pytest.mark.parametrize("text", ["5", "true", "[1]", "null"])
def test_sensitive_values_are_texts(folder: Folder, text: str) -> None:
    write(
        folder,
        f"variables: {{s: {text}}}",
        "project: p\nenvironments: {dev: {}}\nvariables: {s: {sensitive: true}}\n",
    )
    assert folder.problems() == [
        'environments/dev.yaml:1: variable "s" is sensitive, and must be a text, or a '
        "list or mapping of texts"
    ]


def test_a_sensitive_number_is_a_text_where_a_text_is_declared(folder: Folder) -> None:
    write(folder, "variables: {needed: a, token: 0123}", NEEDED)
    assert values(folder)["token"] == "0123"


def test_messages_do_not_tell_secrets(folder: Folder) -> None:
    project = NEEDED.replace("sensitive: true", "sensitive: true, pattern: '^x'")
    write(folder, "variables: {needed: a, token: hunter2}", project)
    found = folder.load()
    assert shown(found.diagnostics) == [
        'environments/dev.yaml:1: variable "token" does not match ^x: (sensitive)'
    ]


def test_what_is_made_of_a_missing_value_is_not_reported(folder: Folder) -> None:
    write(folder, project=NEEDED)
    template = (
        "resource: {thing: {a: {name: '{{ ('A' ~ var.needed)|upper }}', mode: {{ var.needed|lower }}}}}"
    )
    folder.write({"templates/t.yaml": template})
    assert len(folder.problems()) == 2


def test_a_wrong_value_is_reported_once(folder: Folder) -> None:
    write(folder, "variables: {count: x, items: 5, text: [1]}")
    template = (
        "{% for i in var.items %}{% endfor %}{% if var.count > 1 %}{% endif %}output: {a: 'a{{ var.text }}b'}"
    )
    folder.write({"templates/t.yaml": template})
    assert len(folder.problems()) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_an_unreadable_environment_file(folder: Folder) -> None:
    write(folder, "variables: {}")
    (folder.root / "environments" / "dev.yaml").chmod(0)
    assert folder.problems() == ["environments/dev.yaml: the file cannot be read: Permission denied"]
