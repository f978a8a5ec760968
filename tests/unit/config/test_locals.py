from __future__ import annotations

import json
from itertools import pairwise

import pytest

from planner.model.value import Value
from tests.unit.quoted import jinja_says

from .projects import Folder, shown


@pytest.mark.parametrize(
    ("local", "expression", "value"),
    [
        ({"a": "plain"}, "local.a", "plain"),
        ({"a": "{{ var.x }}-b"}, "local.a", "x-b"),
        ({"a": "{{ env.name }}-{{ project }}"}, "local.a", "dev-shop"),
        ({"a": "{{ local.b }}!", "b": "{{ local.c }}?", "c": "1"}, "local.a", "1?!"),
        ({"a": ["{{ var.x }}", {"b": "{{ var.l }}"}]}, "local.a", ["x", {"b": [1, "two"]}]),
        ({"a": {"b": {"c": "{{ var.x }}"}}}, "local.a.b.c", "x"),
        ({"a": "{{ var.l }}"}, "local.a[1]", "two"),
        ({"a": "{{ var.l|length > 1 }}"}, "local.a", True),
        ({"a": "{% if var.x == 'x' %}yes{% else %}no{% endif %}"}, "local.a", "yes"),
        ({"a": "{# c #}x"}, "local.a", "x"),
        ({"a": "{{ 'b: c\\n- d' }}"}, "local.a", "b: c\n- d"),
        ({"a": 8.10, "b": True, "c": None}, "[local.a, local.b, local.c]", [8.1, True, None]),
        ({"a": "8.10"}, "local.a", "8.10"),
        ({"a": "{not jinja}"}, "local.a", "{not jinja}"),
        ({"items": [1], "_b": 2}, "[local.items, local._b]", [[1], 2]),
        ({"a": "{{ local.l[0] }}", "l": ["{{ var.x }}"]}, "local.a", "x"),
    ],
)
def test_values(folder: Folder, local: dict[str, Value], expression: str, value: Value) -> None:
    assert folder.value(expression, {"x": "x", "l": [1, "two"]}, local=local) == value


@pytest.mark.parametrize(
    ("local", "problems"),
    [
        ({"a": "{{ var.nope }}"}, ['local "a": variable "nope" is not declared']),
        ({"a": "{{ nope }}"}, ['local "a": "nope" is not defined']),
        ({"a": "{{ nope.b }}"}, ['local "a": "nope" is not defined']),
        ({"a": "{{ local.b }}"}, ['local "a": local "b" is not declared']),
        ({"a": "{{ 1 / 0 }}"}, ['local "a": the expression failed: division by zero']),
        ({"a": "{{ 'x'.nope() }}"}, ['local "a": a text has no attribute "nope"']),
        ({"a": "{{ [1]|groupby('x') }}"}, ['local "a": a number has no attribute "x"']),
        (
            {"a": "{{ "},
            [f'local "a": not a jinja template: {jinja_says("{{ ")}'],
        ),
        ({"a": "{{ x|nope }}"}, ['local "a": there is no filter "nope"']),
        ({"a": "a{{ [1] }}"}, ['local "a": the expression failed: a list cannot be part of a text']),
        (
            {"a": "{{ resource.thing.x.id|upper }}"},
            ['local "a": resource.thing.x.id is perhaps known only after apply'],
        ),
        ({"a": "{{ local.a }}"}, ['local "a": locals use each other in a circle: a -> a']),
        (
            {"a": "{{ local.b }}", "b": "{{ local.c }}", "c": "{{ local.a }}"},
            ['local "c": locals use each other in a circle: a -> b -> c -> a'],
        ),
        (
            {"a": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"},
            ['local "a": nested too deeply, perhaps without end'],
        ),
        ({"a": "{% include '../../x' %}"}, ['local "a": the include "../../x" leaves the project']),
        (
            {"a": "{{ ''.__class__.x }}"},
            [
                "local \"a\": not allowed in a template: access to attribute '__class__' of "
                "'str' object is unsafe"
            ],
        ),
        (
            {"a": {"b": ["{{ nope }}", "{{ nope2 }}"]}},
            ['local "a": "nope" is not defined', 'local "a": "nope2" is not defined'],
        ),
        ({"a": "{{ nope }}", "b": "{{ local.a }}x"}, ['local "a": "nope" is not defined']),
    ],
)
def test_what_is_wrong(folder: Folder, local: dict[str, Value], problems: list[str]) -> None:
    found = folder.render("", local=local)
    assert [item.summary for item in found.diagnostics] == problems
    assert all(item.position and item.position.file == "planner.yaml" for item in found.diagnostics)


def test_problems_are_shown_at_their_lines(folder: Folder) -> None:
    folder.write(
        {
            "planner.yaml": "project: p\nenvironments: {dev: {}}\nlocals:\n  a: '{{ nope }}'\n  b:\n    - "
            "x\n    - c: '{{ 1/0 }}'\n",
            "templates/t.yaml": "",
        }
    )
    assert folder.problems() == [
        'planner.yaml:4: local "a": "nope" is not defined',
        'planner.yaml:7: local "b": the expression failed: division by zero',
    ]


def test_each_local_is_checked_used_or_not(folder: Folder) -> None:
    found = folder.render("", local={"unused": "{{ nope }}"})
    assert shown(found.diagnostics) == ['planner.yaml:1: local "unused": "nope" is not defined']


def test_a_long_chain(folder: Folder) -> None:
    names = [f"a{number}" for number in range(40)]
    chain = {name: f"{{{{ local.{after} }}}}" for name, after in pairwise(names)}
    assert folder.value("local.a0", local={**chain, names[-1]: "end"}) == "end"


def test_did_you_mean(folder: Folder) -> None:
    found = folder.render("output: {o: {{ local.prefx }}}", local={"prefix": "x"})
    assert shown(found.diagnostics) == ['templates/main.yaml:1: local "prefx" is not declared']
    assert found.diagnostics[0].advice == 'Did you mean "prefix"?'


@pytest.mark.long
def test_a_huge_chain_is_a_problem_not_a_crash(folder: Folder) -> None:
    names = [f"a{number}" for number in range(2000)]
    chain = {name: f"{{{{ local.{after} }}}}" for name, after in pairwise(names)}
    project = {"project": "p", "environments": {"dev": {}}, "locals": {**chain, names[-1]: "end"}}
    folder.write({"planner.yaml": json.dumps(project), "templates/t.yaml": ""})
    assert "nested too deeply" in folder.problems()[0]
