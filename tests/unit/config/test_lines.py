"""The rendered line finds its way back to the line of the template that gave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from planner.config.jobs import Answer, Job, unasked
from planner.model.declarations import Placed

from .projects import Folder, Text, here

HEAD = "resource:\n  thing:\n"


def bad_lines(folder: Folder, template: str, files: dict[str, Text] | None = None) -> list[str]:
    """The lines at which problems are shown, all but missing attributes."""
    found = folder.render(template, {"names": ["a", "b"]}, files=files)
    return [
        f"{item.position.file.removeprefix('templates/')}: {item.position.text.strip()}"
        for item in found.diagnostics
        if item.position and item.position.text is not None and not item.summary.startswith("missing")
    ]


@pytest.mark.parametrize(
    ("template", "lines"),
    [
        (HEAD + "    a:\n      name: x\n      bad: 1\n", ["bad: 1"]),
        (
            HEAD
            + "{% for n in var.names %}\n    {{ n }}:\n\n      bad: 1\n{% endfor %}\n    z:\n      bad2: 1\n",
            ["bad: 1", "bad: 1", "bad2: 1"],
        ),
        (HEAD + "    a:\n{% if true %}\n      bad: 1\n{% endif %}\n      bad2: 1\n", ["bad: 1", "bad2: 1"]),
        (
            HEAD + "    a:\n  {% if true %}\n      bad: 1\n  {% endif %}\n      bad2: 1\n",
            ["bad: 1", "bad2: 1"],
        ),
        (
            HEAD + "    a:\n      name: x\n      {%- if true %}\n      bad: 1\n      {%- endif %}\n"
            "      bad2: 1\n",
            ["bad: 1", "bad2: 1"],
        ),
        (
            HEAD + "    a:\n      name: {% if true %}x{% endif %}\n      bad: {% if true %}x{% "
            "endif %}\n      bad2: 1\n",
            ["bad: {% if true %}x{% endif %}", "bad2: 1"],
        ),
        (
            "{# several\nlines #}\n"
            + HEAD
            + "    a: {# x #}\n      {# y #}\n      bad: 1 {# z\n z #}\n      bad2: 1\n",
            ["bad: 1 {# z", "bad2: 1"],
        ),
        ("{% set x = {\n 'a': 1,\n 'b': 2} %}\n" + HEAD + "    a:\n      bad: 1\n", ["bad: 1"]),
        (
            HEAD + "    a:\n{% raw %}\n      bad: '{{ x }}'\n{% endraw %}\n      bad2: 1\n",
            ["bad: '{{ x }}'", "bad2: 1"],
        ),
        (
            "output: {a: 1}\n---\n"
            + HEAD
            + "    a:\n      bad: 1\n---\n# c\n"
            + HEAD
            + "    b:\n      bad2: 1\n",
            ["bad: 1", "bad2: 1"],
        ),
        (HEAD + "    a:\n      version: {{ 'l1\\nl2\\nl3' }}\n      bad: 1\n", ["bad: 1"]),
        (
            HEAD + "    a:\n      version: |\n        x\n\n        y {{ var.names[0] }}\n      "
            "bad: >\n        a\n      bad2: 1\n",
            ["bad: >", "bad2: 1"],
        ),
        (
            HEAD
            + "    a:\n      tags:\n{% for n in var.names %}\n        - x\n        - [bad]\n{% endfor %}\n",
            ["- [bad]", "- [bad]"],
        ),
        (
            "{% macro w() %}\n{{ caller() }}\n{% endmacro %}\n"
            + HEAD
            + "    a:\n{% call w() %}\n      bad: 1\n{% endcall %}\n      bad2: 1\n",
            ["bad: 1", "bad2: 1"],
        ),
        (
            "{% macro w() %}\n      bad: 1\n{% endmacro %}\n" + HEAD + "    a:\n{{ w() }}\n      bad2: 1\n",
            ["bad: 1", "bad2: 1"],
        ),
        (
            HEAD + "    a:\n{% filter indent(6, true) %}\nname: x\nbad: 1\n{% endfilter %}\n      bad2: 1\n",
            ["bad: 1", "bad2: 1"],
        ),
        (
            "{% set b %}\n      name: x\n      bad: 1\n{% endset %}\n"
            + HEAD
            + "    a:\n{{ b }}\n      bad2: 1\n",
            ["bad: 1", "bad2: 1"],
        ),
        (
            HEAD + "    a:\n      version: 'x\u2028y\x85z'\n      bad: 1\n{% if true %}\n      "
            "bad2: 1\n{% endif %}\n",
            ["bad: 1", "bad2: 1"],
        ),
        ("\ufeff" + HEAD + "    a:\n      bad: 1\n", ["bad: 1"]),
        (
            HEAD + "{% for n in var.names %}\n    {{ n }}:\n      name: x\n       bad: 1\n{% endfor %}\n",
            ["bad: 1"],
        ),
        (HEAD + "{% for n in var.names %}\n    bad:\n      name: x\n{% endfor %}\n", ["bad:"]),
        ("output:\n  a: 1\n  b: {{ bad }}\n", ["b: {{ bad }}"]),
        (
            "output:\n{% if true %}\n  b: {{ bad }}\n{% endif %}\n  c: {{ bad2|upper }}\n",
            ["b: {{ bad }}", "c: {{ bad2|upper }}"],
        ),
        ("output:\n  a: 1\n  b: {{\n    bad }}\n", ["bad }}"]),
        ("output:\n  a: 1\n{% if %}\n", ["{% if %}"]),
        (
            "{% set b %}{{ 'x' }}{% endset %}\n"
            + HEAD
            + "{% if b == 'x' %}\n    a:\n      bad: 1\n{% endif %}\n",
            ["bad: 1"],
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_template(folder: Folder, template: str, lines: list[str], end: str) -> None:
    assert bad_lines(folder, template.replace("\n", end)) == [f"main.yaml: {line}" for line in lines]


@pytest.mark.parametrize(
    ("template", "other", "lines"),
    [
        (
            HEAD + "{% include 'o.j2' %}\n    z:\n      bad2: 1\n",
            "\n    a:\n      bad: 1\n",
            ["o.j2: bad: 1", "main.yaml: bad2: 1"],
        ),
        (
            "{% from 'o.j2' import m %}\n" + HEAD + "    a:\n      {{ m() | indent(6) }}\n      bad2: 1\n",
            "{% macro m() -%}\nname: x\n\nbad: 1\n{%- endmacro %}\n",
            ["o.j2: bad: 1", "main.yaml: bad2: 1"],
        ),
        (
            "{% from 'o.j2' import m %}\n"
            + HEAD
            + "    a:\n      {{ m() | trim | indent(6) }}\n      bad2: 1\n",
            "{% macro m() %}\n\n  \nname: x\n{% if true %}\nbad: 1\n{% endif %}\n\n\n{% endmacro %}\n",
            ["o.j2: bad: 1", "main.yaml: bad2: 1"],
        ),
        (
            "{% from 'o.j2' import m %}\n" + HEAD + "    a:\n      {{ m() | indent(6) }}\n",
            "{% macro m() -%}\nbad: x\n{%- endmacro %}\n",
            ["o.j2: bad: x"],
        ),
        (
            "{% from 'o.j2' import m %}\n" + HEAD + "    a:\n      {{ m() | trim | indent(6) }}\n",
            "{% macro m() %}\n\n\nname: x\n bad: 1\n{% endmacro %}\n",
            ["o.j2: bad: 1"],
        ),
        (
            "{% from 'o.j2' import m %}\n" + HEAD + "    a:\n      {{ m() | indent(6) }}\n",
            "{% macro m() -%}\nname: x\n\nversion: {{ bad }}\n{%- endmacro %}\n",
            ["o.j2: version: {{ bad }}"],
        ),
        (
            "{% extends 'o.j2' %}\n\n{% block x %}\n      bad: 1\n{% endblock %}\n",
            "\n" + HEAD + "    a:\n{% block x %}\n{% endblock %}\n      bad2: 1\n",
            ["main.yaml: bad: 1", "o.j2: bad2: 1"],
        ),
        (
            "{% extends 'o.j2' %}\n{% block x %}\n{{ super() }}\n      bad2: 1\n{% endblock %}\n",
            HEAD + "    a:\n{% block x %}\n      bad: 1\n{% endblock %}\n",
            ["o.j2: bad: 1", "main.yaml: bad2: 1"],
        ),
        (
            "# {% from 'o.j2' import m -%}\n"
            + HEAD
            + "    # {% for i in [1] -%}\n    a:\n      bad: '{{ m() }}'\n"
            "    # {%- endfor -%}\n    z:\n      bad2: 1\n",
            "{% macro m() %}x{% endmacro %}\n",
            ["main.yaml: bad: '{{ m() }}'", "main.yaml: bad2: 1"],
        ),
        ("\n{% include 'o.j2' %}\n", "a\n{% if %}\n", ["o.j2: {% if %}"]),
        ("\n{% include 'o.j2' %}\n", "\n{{ 1 / 0 }}\n", ["o.j2: {{ 1 / 0 }}"]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_two_templates(folder: Folder, template: str, other: str, lines: list[str], end: str) -> None:
    files: dict[str, Text] = {"templates/o.j2": other.replace("\n", end)}
    assert bad_lines(folder, template.replace("\n", end), files) == lines


def test_where_a_yaml_problem_began(folder: Folder) -> None:
    found = folder.render("{% if true %}\n{% endif %}\noutput:\n  a: [1,\n\n  b: {}}\n")
    assert found.diagnostics[0].detail == (
        "It came up while parsing a flow sequence that begins at templates/main.yaml:4."
    )


def test_positions_of_attributes(folder: Folder) -> None:
    found = folder.render(
        HEAD + "{% for n in var.names %}\n    {{ n }}:\n      name: x\n{% endfor %}\n", {"names": ["a", "b"]}
    )
    places = [found.locate(address, ("name",)) for address in found.resources]
    assert [str(place) for place in places] == ["templates/main.yaml:5"] * 2
    assert [str(found.locate(address, ("nope",))) for address in found.resources] == [
        "templates/main.yaml:4"
    ] * 2


STATEMENTS = {
    "moved": "moved: {from: thing.x, to: thing.a}\n",
    "import": "import: {to: thing.a, id: '1'}\n",
    "removed": "removed: {from: thing.x}\n",
    "check": "check: {c: {condition: 'true', message: m}}\n",
    "rollout": "rollout: {r: {of: [extension.words]}}\n",
}


@pytest.mark.parametrize("block", STATEMENTS)
def test_a_template_is_rendered_once_while_all_goes_well(folder: Folder, block: str) -> None:
    jobs = 0

    def counted(job: Job, answer: Answer = unasked, /) -> Iterator[Any]:
        nonlocal jobs
        jobs += 1
        return here(job, answer)

    words = "  extension:\n    words: {name: w, extension_type: bundle, version: '*'}\n"
    folder.render("# first\n" + STATEMENTS[block] + HEAD + "    a: {name: x}\n" + words)
    found = folder.load(run=counted)
    usual = 2 if block == "check" else 1  # a condition is looked at in a job of its own
    assert (found.diagnostics, jobs) == ((), usual)
    said = found.declarations
    groups: list[Sequence[Placed]] = [said.moves, said.imports, said.removals, said.checks, said.rollouts]
    (position,) = [one.position for group in groups for one in group]
    assert str(position) == "templates/main.yaml:2"
    assert jobs == usual + 1
