from __future__ import annotations

import pytest

from planner.model.address import Address
from planner.model.value import Reference

from .projects import Folder, shown


def problems(folder: Folder, template: str) -> list[str]:
    return [p.removeprefix("templates/main.yaml:") for p in shown(folder.render(template).diagnostics)]


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        ("resource.thing.b.id", None),
        ("resource.thing.b.version", None),
        ("resource.thing.b.settings.level", None),
        ("resource.thing.c.id", "5: thing.c is not declared"),
        ("resource.thin.b.id", "5: thin.b is not declared"),
        ("resource.thing.b.nope", '5: thing has no attribute "nope" to refer to'),
        ("resource.thing.b", "5: resource.thing.b names a resource, not an attribute"),
    ],
)
@pytest.mark.parametrize("around", ["{{ %s }}", "x{{ %s }}y", "{{ 'x' ~ %s }}"])
def test_what_is_referred_to_exists(folder: Folder, note: str, problem: str | None, around: str) -> None:
    template = (
        f"resource:\n  thing:\n    a:\n      name: a\n      note: {around % note}\n    b: {{name: b}}\n"
    )
    assert problems(folder, template) == ([problem] if problem else [])


def test_references_of_a_resource(folder: Folder) -> None:
    template = """
resource:
  thing:
    a: {name: a, note: "{{ resource.thing.b.id }}-{{ resource.thing.c.id }}", depends_on: [thing.d]}
    b: {name: b, lifecycle: {replace_triggered_by: [thing.c]}}
    c: {name: c, tags: ["{{ resource.thing.d.id }}"]}
    d: {name: d}
"""
    found = folder.render(template)
    assert shown(found.diagnostics) == []
    a, b, c = (found.resources[Address("thing", name)] for name in "abc")
    assert a.references == (
        Reference(Address("thing", "b"), ("id",)),
        Reference(Address("thing", "c"), ("id",)),
    )
    assert [str(address) for address in a.dependencies] == ["thing.b", "thing.c", "thing.d"]
    assert [str(address) for address in b.dependencies] == ["thing.c"]
    assert [str(address) for address in c.dependencies] == ["thing.d"]


def test_each_wrong_reference_is_shown_at_its_line(folder: Folder) -> None:
    template = """resource:
  thing:
    a:
      name: a
      tags:
        - x
        - {{ resource.thing.b.id }}
      settings:
        level: 1
        label: {{ resource.thing.c.id }}
output:
  o: [1, {{ resource.thing.d.id }}]
"""
    assert problems(folder, template) == [
        "7: thing.b is not declared",
        "10: thing.c is not declared",
        "12: thing.d is not declared",
    ]


def test_a_circle(folder: Folder) -> None:
    template = """resource:
  thing:
{% for x, y in [('a', 'b'), ('b', 'c'), ('c', 'a')] %}
    {{ x }}:
      name: {{ x }}
      note: {{ resource.thing[y].id }}
{% endfor %}
    d: {name: d, depends_on: [thing.a]}
"""
    found = folder.render(template)
    assert shown(found.diagnostics) == ["templates/main.yaml:4: resources wait for each other in a circle"]
    assert found.diagnostics[0].detail == "thing.a -> thing.b -> thing.c -> thing.a"
    assert found.diagnostics[0].address == "thing.a"


def test_a_long_chain_is_no_circle(folder: Folder) -> None:
    template = """resource:
  thing:
    a0: {name: a}
{% for i in range(1, 3000) %}
    a{{ i }}: {name: a, note: '{{ resource.thing['a' ~ (i - 1)].id }}'}
{% endfor %}
"""
    assert problems(folder, template) == []


def test_thousands_of_wrong_references_take_no_hours(folder: Folder) -> None:
    template = """resource:
  thing:
{% for i in range(3000) %}
    a{{ i }}: {name: a, note: '{{ resource.thing['b' ~ i].id }}'}
{% endfor %}
"""
    assert len(problems(folder, template)) == 3000


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("import: [{to: thing.a}]", None),
        ("import: [{to: thing.b}]", "2: import names thing.b, which is not declared"),
        ("moved: [{from: thing.b, to: thing.a}]", None),
        ("moved: [{from: thing.a, to: thing.b}]", "2: thing.a was moved, and is still declared"),
        ("moved: [{from: thing.a, to: thing.a}]", "2: moves go in a circle: thing.a -> thing.a"),
        (
            "moved: [{from: thing.b, to: thing.a}, {from: thing.a, to: thing.b}]",
            "2: moves go in a circle: thing.a -> thing.b -> thing.a",
        ),
        (
            "moved: [{from: thing.b, to: thing.c}, {from: thing.c, to: thing.a},\n"
            "  {from: thing.a, to: thing.b}]",
            "3: moves go in a circle: thing.a -> thing.b -> thing.c -> thing.a",
        ),
        ("moved: [{from: thing.b, to: thing.c}, {from: thing.c, to: thing.b}]", None),  # planning knows whose
        ("removed: [{from: thing.b}]", None),
        ("removed: [{from: thing.a}]", "2: thing.a was removed, and is still declared"),
        (
            "removed: {from: {{ resource.thing.a.id }}}",
            "2: removed: from must be known before anything is applied",
        ),
        ("removed: {from: {{ nope }}}", '2: "nope" is not defined'),
        (
            "check: {c: {condition: true, message: m}}\n---\ncheck: {c: {condition: true, message: m}}",
            '4: check "c" is declared twice',
        ),
        (
            "check: {c: {condition: 'a b', message: m}}",
            "2: check c: not a jinja expression: more after its end",
        ),
        ("check: {c: {condition: '{{ nope }}', message: m}}", '2: "nope" is not defined'),
    ],
)
def test_statements(folder: Folder, statement: str, problem: str | None) -> None:
    template = f"resource: {{thing: {{a: {{name: a}}}}}}\n{statement}\n"
    assert problems(folder, template) == ([problem] if problem else [])


def test_declarations(folder: Folder) -> None:
    template = """
resource: {thing: {a: {name: a}}}
import: {to: thing.a, id: "1"}
moved: {from: thing.b, to: thing.a}
removed: {from: thing.c, destroy: true}
check: {c: {condition: "resource.thing.a.name == var.x", message: "{{ var.x }}"}}
"""
    found = folder.render(template, {"x": "a"})
    assert shown(found.diagnostics) == []
    declared = found.declarations
    assert [str(i.target) for i in declared.imports] == ["thing.a"]
    assert [str(m.source) for m in declared.moves] == ["thing.b"]
    assert [(str(r.source), r.destroy) for r in declared.removals] == [("thing.c", True)]
    assert [(c.name, c.message) for c in declared.checks] == [("c", "a")]
    assert list(declared.verdicts(declared.checks, lambda _: "a")) == [True]
