"""The whole: every problem at once, bounds, and nothing but diagnostics."""

from __future__ import annotations

import pytest

from planner.config.sources import MAX_SOURCE
from tests.unit.quoted import yaml_says

from .projects import Folder, Text, shown

BOMB = "output:\n  a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"  {name}: &{name} [{', '.join(['*' + chr(ord(name) - 1)] * 10)}]\n" for name in "bcdefgh"
)
THING = "resource:\n  thing:\n    a:\n      name: a\n"


@pytest.mark.parametrize(
    ("template", "line", "text", "summary"),
    [
        (
            THING + "      note: {{ var.nope }}\n",
            5,
            "      note: {{ var.nope }}",
            'variable "nope" is not declared',
        ),
        (THING + "      size: x\n", 5, "      size: x", 'size must be a whole number, not "x"'),
        ("resource:\n  thing:\n    a: {}\n", 3, "    a: {}", 'missing required attribute "name"'),
        (THING + "      colour: x\n", 5, "      colour: x", 'unknown attribute "colour"'),
        (THING + "     size: 1\n", 5, "     size: 1", "not YAML: " + yaml_says("a:\n  b: 1\n c: 1")),
        (
            THING + "{% if x %}\n",
            5,
            "{% if x %}",
            "the {% if %} has no {% endif %}",
        ),
        ("resource:\n  thin: {}\n", 2, "  thin: {}", 'unknown kind "thin"'),
        (THING + "    a: {}\n", 5, "    a: {}", 'the key "a" is given twice'),
        (
            THING + "      note: {{ resource.thing.b.id }}\n",
            5,
            "      note: {{ resource.thing.b.id }}",
            "thing.b is not declared",
        ),
        (THING + "      depends_on: [thing.a]\n", 3, "    a:", "resources wait for each other in a circle"),
        (
            THING + "      note: {{ resource.thing.a.id|upper }}\n",
            5,
            "      note: {{ resource.thing.a.id|upper }}",
            "resource.thing.a.id is perhaps known only after apply",
        ),
        (
            "\n{% include '../../x.j2' %}\n",
            2,
            "{% include '../../x.j2' %}",
            'the include "../../x.j2" leaves the project',
        ),
        (
            "\n{% include 'link.j2' %}\n",
            2,
            "{% include 'link.j2' %}",
            'the include "link.j2" leaves the project',
        ),
        (
            "\n{% include 'nope.j2' %}\n",
            2,
            "{% include 'nope.j2' %}",
            'there is no template "nope.j2" to include',
        ),
        (
            "\n{% include ['nope.j2', 'no.j2'] %}\n",
            2,
            "{% include ['nope.j2', 'no.j2'] %}",
            'there is no template "no.j2" to include',
        ),
        (
            "\n{% include 'latin.j2' %}\n",
            2,
            "{% include 'latin.j2' %}",
            '"latin.j2" cannot be included: not UTF-8: byte 0xe9 at position 3',
        ),
        (
            "\n{% import 'sub' as x %}\n",
            2,
            "{% import 'sub' as x %}",
            '"sub" cannot be included: this is a folder, not a file',
        ),
        ("x" * (50 * 1024 * 1024), None, None, "the file is too large: 50 MiB, at most 10 MiB are read"),
        (
            BOMB,
            6,
            "  e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]",
            "aliases stand for more than 100,000 nodes",
        ),
        (b"output:\n  a: caf\xe9\n", 2, "  a: caf\ufffd", "not UTF-8: byte 0xe9 at position 16"),
        ("\nresorce: {}\n", 2, "resorce: {}", 'unknown block "resorce"'),
        (
            THING + "      lifecycle: {nope: 1}\n",
            5,
            "      lifecycle: {nope: 1}",
            'unknown argument "nope" in lifecycle',
        ),
        ("- a\n", 1, "- a", "a template must hold a mapping, not a list"),
        (
            "\n{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}\n",
            2,
            "{% macro m() %}{{ m() }}{% endmacro %}",
            "nested too deeply, perhaps without end",
        ),
        (
            "\n{% include 'main.yaml' %}\n",
            2,
            "{% include 'main.yaml' %}",
            "nested too deeply, perhaps without end",
        ),
        (
            "output:\n  a: {{ 'a' ~ var.nope }}\n",
            2,
            "  a: {{ 'a' ~ var.nope }}",
            'variable "nope" is not declared',
        ),
        ("output:\n  a: {{ [var.nope] }}\n", 2, "  a: {{ [var.nope] }}", 'variable "nope" is not declared'),
        (
            "output:\n  a: {{ [var.nope]|tojson }}\n",
            2,
            "  a: {{ [var.nope]|tojson }}",
            'variable "nope" is not declared',
        ),
        (
            "output:\n  a: {{ [var.nope]|join }}\n",
            2,
            "  a: {{ [var.nope]|join }}",
            'variable "nope" is not declared',
        ),
        (
            "output:\n  a: {{ var.nope + 1 }}\n",
            2,
            "  a: {{ var.nope + 1 }}",
            'variable "nope" is not declared',
        ),
        (
            "output:\n  a: {{ var.nope|upper }}\n",
            2,
            "  a: {{ var.nope|upper }}",
            'variable "nope" is not declared',
        ),
        ("output:\n  a: {{ [1][5] }}\n", 2, "  a: {{ [1][5] }}", "a list has no item 5"),
        (
            "output:\n  a: {{ 9 ** 99999999 }}\n",
            2,
            "  a: {{ 9 ** 99999999 }}",
            "the power would be too large a number",
        ),
        (
            "output:\n  a: {{ 'a' * 99999999 }}\n",
            2,
            "  a: {{ 'a' * 99999999 }}",
            "the result would be longer than 10,000,000",
        ),
        (
            "output:\n  a: {{ [1] * 99999999 }}\n",
            2,
            "  a: {{ [1] * 99999999 }}",
            "the result would be longer than 1,000,000",
        ),
        (
            "\n{% for i in range(999999) %}{% endfor %}\n",
            2,
            "{% for i in range(999999) %}{% endfor %}",
            "range() gives at most 100,000 numbers",
        ),
        (
            "output:\n  a: {{ 10 ** 5000 ~ 'x' }}\n",
            2,
            "  a: {{ 10 ** 5000 ~ 'x' }}",
            "a number of more than 64 bits cannot be printed",
        ),
        (
            "output:\n  a: {{ 10 ** 5000 }}\n",
            2,
            "  a: {{ 10 ** 5000 }}",
            "a number of more than 64 bits cannot be printed",
        ),
        (
            'output:\n  a: "\\uf890"\n',
            2,
            '  a: "\\uf890"',
            "a value printed by {{ ... }} was cut or changed after it was printed; change "
            "it inside the braces",
        ),
    ],
)
def test_one_problem_at_its_line(
    folder: Folder, template: Text, line: int | None, text: str | None, summary: str
) -> None:
    outside = folder.root.parent / "outside.j2"
    outside.write_text("output: {}\n")
    folder.write({"templates/latin.j2": b"caf\xe9", "templates/sub/x.j2": ""})
    (folder.root / "templates" / "link.j2").symlink_to(outside)
    found = folder.render(template)
    assert [item.summary for item in found.diagnostics] == [summary]
    position = found.diagnostics[0].position
    assert position is not None
    assert (position.file, position.line, position.text) == ("templates/main.yaml", line, text)


@pytest.mark.parametrize(
    "template",
    [
        "output:\n{% for i in range(90000) %}\n  a{{ i }}: PIECE\n{% endfor %}\n",
        "{% macro m() %}\n{% for i in range(90000) %}\n  PIECE\n{% endfor %}\n{% endmacro %}\n{{ m() }}\n",
        "{% set x %}\n{% for i in range(90000) %}\n  PIECE\n{% endfor %}\n{% endset %}\n",
        "{% filter upper %}\n{% for i in range(90000) %}\n  PIECE\n{% endfor %}\n{% endfilter %}\n",
    ],
)
def test_the_rendered_text_is_bounded(folder: Folder, template: str) -> None:
    found = folder.render(template.replace("PIECE", "x" * 1000))
    assert [item.summary for item in found.diagnostics] == ["the rendered text is longer than 64 MiB"]
    position = found.diagnostics[0].position
    assert position is not None
    assert position.line is not None


@pytest.mark.parametrize("start", ["'aaaaaaaaaa'", pytest.param("[1, 2, 3, 4]", marks=pytest.mark.long)])
@pytest.mark.parametrize("double", ["ns.x ~ ns.x", "ns.x + ns.x", "ns.x * 2", "[ns.x, ns.x]|join"])
def test_texts_that_double_are_bounded(folder: Folder, start: str, double: str) -> None:
    body = f"{{% for i in range(60) %}}{{% set ns.x = {double} %}}{{% endfor %}}"
    found = folder.render(f"{{% set ns = namespace(x={start}) %}}{body}")
    assert len(found.diagnostics) == 1


def test_every_problem_at_once(folder: Folder) -> None:
    folder.write(
        {
            "planner.yaml": "project: p\nenvironments: {dev: {}}\nvariables:\n  v: {type: string}\n  n: "
            "{type: integer}\nlocals:\n  l: '{{ nope }}'\n",
            "environments/dev.yaml": "variables:\n  n: x\n  other: 1\n",
            "templates/a.yaml": THING
            + "      size: {{ var.v }}\n      nope: {{ local.l }}\n      note: {{ var.w }}\n  "
            "  b:\n      name: B\n",
            "templates/b.yml": "output:\n  o: {{ resource.thing.c.id }}\n",
            "templates/c.yaml": "{% if %}\n",
            "templates/d.yaml": "a: [\n",
            "templates/sub/e.yaml": THING,
            "templates/f.yaml": b"\xff",
        }
    )
    assert folder.problems() == [
        'environments/dev.yaml:2: variable "n" must be a whole number, not "x"',
        'environments/dev.yaml:3: variable "other" is not declared in planner.yaml',
        'planner.yaml:4: variable "v" has no value in environment dev',
        'planner.yaml:7: local "l": "nope" is not defined',
        'templates/a.yaml:6: unknown attribute "nope"',
        'templates/a.yaml:7: variable "w" is not declared',
        'templates/a.yaml:9: name does not match ^[a-z-]+$: "B"',
        "templates/b.yml:2: thing.c is not declared",
        "templates/c.yaml:1: not a jinja template: Expected an expression, got %}",
        f"templates/d.yaml:1: not YAML: {yaml_says('[')}",
        "templates/f.yaml:1: not UTF-8: byte 0xff at position 0",
        "templates/sub/e.yaml:3: thing.a is declared twice",
    ]


def test_no_templates(folder: Folder) -> None:
    folder.write(
        {
            "planner.yaml": "project: p\nenvironments: {dev: {}}\n",
            "templates/x.txt": "",
            "templates/macros/m.j2": "",
        }
    )
    found = folder.load()
    assert [(item.severity, item.summary, item.detail) for item in found.diagnostics] == [
        ("warning", "there are no templates", "templates/ holds no .yaml, .yml, .yaml.j2 or .yml.j2 file.")
    ]


def test_a_template_that_is_not_there(folder: Folder) -> None:
    folder.render("")
    (folder.root / "templates" / "gone.yaml").symlink_to("nowhere")
    why = "the file cannot be read: it is a link to nowhere, which is not there"
    assert folder.problems() == [f"templates/gone.yaml: {why}"]


@pytest.mark.long
def test_the_largest_template(folder: Folder) -> None:
    comment = "# " + "x" * 100 + "\n"
    found = folder.render(
        comment * (MAX_SOURCE // len(comment)) + "output: {a: {{ 1 }}}\n"[: MAX_SOURCE % len(comment)]
    )
    assert found.outputs in ({}, {"a": 1})


def test_macros_are_compiled_once_and_keep_their_values(folder: Folder) -> None:
    macro = "{% set k %}k-{{ var.x }}{% endset %}{% macro m(n) %}{{ k }}-{{ n }}{% endmacro %}"
    template = "{% from 'macros/m.j2' import m %}\noutput: {NAME: {{ m('NAME') }}}\n"
    files = {f"templates/{name}.yaml": template.replace("NAME", name) for name in "abc"}
    found = folder.render("", {"x": "v"}, files={**files, "templates/macros/m.j2": macro})
    assert shown(found.diagnostics) == []
    assert found.outputs == {name: f"k-v-{name}" for name in "abc"}


def test_two_loads_agree(folder: Folder) -> None:
    template = THING + "      tags: {{ var.x|sort }}\noutput: {o: {{ {'b': 1, 'a': 2} }}}\n"
    first, second = (folder.render(template, {"x": ["b", "a"]}) for _ in range(2))
    assert (first.resources, first.outputs) == (second.resources, second.outputs)


def test_the_same_text_in_two_files_tells_where_it_is(folder: Folder) -> None:
    """What a text was compiled to once is used again, but not for another file."""
    found = folder.render("# {{ var.nope }}\n", files={"templates/other.yaml": "# {{ var.nope }}\n"})
    assert [str(item.position) for item in found.diagnostics] == [
        "templates/main.yaml:1",
        "templates/other.yaml:1",
    ]


@pytest.mark.parametrize(
    "text", ["output: {o: {{ var.x }}}", "output: {o: {{ local.y }}}", "{% include 'm.j2' %}"]
)
def test_a_text_that_was_rendered_before_has_the_values_of_now(folder: Folder, text: str) -> None:
    for value in (1, "two", [3]):
        files = {"templates/m.j2": "output: {o: {{ var.x }}}"}
        found = folder.render(text, {"x": value}, local={"y": "{{ var.x }}"}, files=files)
        assert (found.outputs, found.diagnostics) == ({"o": value}, ())


def test_another_text_of_a_file_is_another_template(folder: Folder) -> None:
    for value in ("1", "2"):
        assert folder.render(f"output: {{o: {{{{ {value} }}}}}}").outputs == {"o": int(value)}
