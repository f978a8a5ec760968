"""Values that are known only after apply: printed and joined, and refused for everything else."""

from __future__ import annotations

import pytest

from planner.model.address import Address
from planner.model.value import Deferred, Reference

from .projects import Folder, shown

A = Address("thing", "a")
ID = Reference(A, ("id",))
RESOURCE = "resource: {thing: {a: {name: a}, b-c: {name: b}, _d: {name: d}}}\n"


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("resource.thing.a.id", (ID,)),
        ("resource['thing']['a']['id']", (ID,)),
        ("resource.thing['b-c'].id", (Reference(Address("thing", "b-c"), ("id",)),)),
        ("resource.thing._d.id", (Reference(Address("thing", "_d"), ("id",)),)),
        ("resource.thing.a.settings.label", (Reference(A, ("settings", "label")),)),
        ("resource.thing.a.tags[0]", (Reference(A, ("tags", 0)),)),
        ("resource.thing.a.free.items", (Reference(A, ("free", "items")),)),
        ("'x' ~ resource.thing.a.id ~ 1", ("x", ID, "1")),
        ("'x' + resource.thing.a.id + 'y'", ("x", ID, "y")),
        ("resource.thing.a.id ~ resource.thing.a.id", (ID, ID)),
        ("['x', resource.thing.a.id]|join('-')", ("x-", ID)),
        ("resource.thing.a.id|default('x')", (ID,)),
        ("m(resource.thing.a.id)", ("v-", ID)),
        ("m(resource.thing.a.id)|indent", ("v-", ID)),
        ("'x' ~ m(resource.thing.a.id)", ("xv-", ID)),
        ("local.url", ("u-", ID)),
        ("local.list[0]", (ID,)),
        ("resource.thing.a.id if resource.thing.a.id is defined else 1", (ID,)),
    ],
)
def test_printed_and_joined(folder: Folder, expression: str, parts: tuple[str | Reference, ...]) -> None:
    macro = "{% macro m(x) %}v-{{ x }}{% endmacro %}"
    local = {"url": "u-{{ resource.thing.a.id }}", "list": ["{{ resource.thing.a.id }}"]}
    found = folder.render(f"{macro}\n{RESOURCE}output:\n  o: {{{{ {expression} }}}}\n", local=local)
    assert shown(found.diagnostics) == []
    assert found.outputs["o"] == Deferred(parts)


def test_inside_of_data_and_text(folder: Folder) -> None:
    template = (
        RESOURCE + "output:\n  o: {{ [resource.thing.a.id, {'k': resource.thing.a.id}] }}\n  p: a "
        "{{ resource.thing.a.id }}\n"
    )
    found = folder.render(template)
    assert shown(found.diagnostics) == []
    assert found.outputs["o"] == [Deferred((ID,)), {"k": Deferred((ID,))}]
    assert found.outputs["p"] == Deferred(("a ", ID))


@pytest.mark.parametrize(
    "expression",
    [
        *(
            f"x|{name}"
            for name in ("upper", "length", "tojson", "int", "list", "first", "sort", "string", "trim")
        ),
        *(f"x is {test}" for test in ("string", "none", "number", "eq(1)", "in([1])")),
        *(f"x {operator} 1" for operator in ("==", "!=", "<", ">=", "+", "-", "*", "/", "//", "%", "**")),
        *(f"1 {operator} x" for operator in ("==", "<", "+", "-", "*", "/", "//", "%", "**")),
        *(
            "x in [1]",
            "x in x",
            "not x",
            "-x",
            "+x",
            "x and 1",
            "1 if x else 2",
            "x + x",
            "x + [1]",
            "[1] + x",
        ),
        *(
            "x()",
            "x[:2]",
            "x[x]",
            "[1][x]",
            "{x: 1}",
            "'%s' % x",
            "'{}'.format(x)",
            "'%s'|format(x)",
            "range(x)",
        ),
        *(
            "[x, 1]|sort",
            "[x, x]|sum",
            "[x]|tojson",
            "{'a': x}|tojson",
            "'a'|replace('a', x)",
            "'a'.replace('a', x)",
        ),
        *(
            "[x]|map('upper')|list",
            "[x]|select|list",
            "[x]|unique|list",
            "'-'.join([x])",
            "m(x)|upper",
            "m(x) == 1",
        ),
        *("('a' ~ x)|upper", "('a' ~ x).b", "same(x) == 1", "same(x)|length", "1 if same(x) else 2"),
    ],
)
def test_nothing_else(folder: Folder, expression: str) -> None:
    macros = "{% macro m(x) %}v-{{ x }}{% endmacro %}{% macro same(x) %}{{ x }}{% endmacro %}"
    template = (
        f"{macros}{{% set x = resource.thing.a.id %}}\n{RESOURCE}output:\n  o: {{{{ {expression} }}}}\n"
    )
    found = folder.render(template)
    assert [item.summary for item in found.diagnostics] in (
        ["resource.thing.a.id is perhaps known only after apply"],
        [
            "the expression failed: sequence item 0: expected str instance, a value known "
            "only after apply found"
        ],
        ["the expression failed: replace() argument 2 must be str, not a value known only after apply"],
    )
    assert str(found.diagnostics[0].position) == "templates/main.yaml:4"


@pytest.mark.parametrize(
    "statement",
    ["{% if x %}{% endif %}", "{% for y in x %}{% endfor %}", "{% include x %}", "{% set a, b = x %}"],
)
def test_no_statement(folder: Folder, statement: str) -> None:
    found = folder.render(f"{{% set x = resource.thing.a.id %}}\n{RESOURCE}\n{statement}\n")
    assert shown(found.diagnostics) == [
        "templates/main.yaml:4: resource.thing.a.id is perhaps known only after apply"
    ]
    assert "Print it or join it" in found.diagnostics[0].advice


@pytest.mark.parametrize(
    ("expression", "summary"),
    [
        ("resource.thing['a b'].id", "resource.thing['a b'] does not name a resource"),
        ("resource.thing[1].id", "resource.thing[1] does not name a resource"),
        ("resource['a b'].c.id", "resource.a b['c'] does not name a resource"),
        ("resource.thing.a.id ~ [1]", "a list cannot be part of a text"),
        ("resource.thing.a.id ~ none", "null cannot be part of a text"),
    ],
)
def test_what_names_nothing(folder: Folder, expression: str, summary: str) -> None:
    assert folder.refusal(expression).summary == summary


def test_a_key_that_is_not_known(folder: Folder) -> None:
    found = folder.render(RESOURCE + "output:\n  {{ resource.thing.a.id }}: 1\n")
    assert shown(found.diagnostics) == [
        "templates/main.yaml:3: a key must be text, not a value known only after apply"
    ]
