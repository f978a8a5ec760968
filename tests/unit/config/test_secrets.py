"""A sensitive value stays one through everything a template can do with it."""

from __future__ import annotations

from typing import Any

import pytest

from planner.model.value import Deferred, Secret, Value, leaves

from .projects import Folder, shown

VARIABLES: dict[str, Value] = {"s": "S3cret:ab", "m": {"k": "tok1"}, "l": ["t1", "t2"]}
MACROS = (
    "{% macro m(x) %}v-{{ x }}{% endmacro %}"
    "{% set braces %}{:>12}{% endset %}{% set percent %}%12s{% endset %}"
)


def load(folder: Folder, body: str) -> dict[str, Value]:
    found = folder.render(f"{MACROS}\noutput:\n{body}\n", VARIABLES, sensitive=VARIABLES)
    assert shown(found.diagnostics) == []
    return dict(found.outputs)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("var.s", "S3cret:ab"),
        ("var['s']", "S3cret:ab"),
        ("var.s|upper", "S3CRET:AB"),
        ("var.s.upper()", "S3CRET:AB"),
        ("var.s[1:3]", "3c"),
        ("var.s[0]", "S"),
        ("var.s|first", "S"),
        ("var.s|last", "b"),
        ("var.s|reverse", "ba:terc3S"),
        ("var.s|list", list("S3cret:ab")),
        ("var.s|map('upper')|list", list("S3CRET:AB")),
        ("var.s|batch(5)|list", [list("S3cre"), list("t:ab")]),
        ("var.s|slice(2)|list", [list("S3cre"), list("t:ab")]),
        ("var.s|select('ne', 'S')|join", "3cret:ab"),
        ("var.s ~ 'x'", "S3cret:abx"),
        ("'x' + var.s", "xS3cret:ab"),
        ("var.s * 2", "S3cret:abS3cret:ab"),
        ("'%s!' % var.s", "S3cret:ab!"),
        ("'%(a)s' % {'a': var.s}", "S3cret:ab"),
        ("'{}'.format(var.s)", "S3cret:ab"),
        ("'{:>12}'.format(var.s)", "   S3cret:ab"),
        ("'{a}'.format(a=var.s)", "S3cret:ab"),
        ("braces.format(var.s)", "   S3cret:ab"),
        ("percent % var.s", "   S3cret:ab"),
        ("'%s'|format(var.s)", "S3cret:ab"),
        ("m(var.s)", "v-S3cret:ab"),
        ("m(var.s)|upper", "V-S3CRET:AB"),
        ("m(var.s)[:3]", "v-S"),
        ("m(var.s).split('-')", ["v", "S3cret:ab"]),
        ("[var.s, 'a']|join('-')", "S3cret:ab-a"),
        ("['a', 'b']|join(var.s)", "aS3cret:abb"),
        ("''.join(var.s)", "S3cret:ab"),
        ("'-'.join(var.l)", "t1-t2"),
        ("var.s|tojson", '"S3cret:ab"'),
        ("var.m|tojson", '{"k": "tok1"}'),
        ("var.s.split(':')", ["S3cret", "ab"]),
        ("var.s.partition(':')", ["S3cret", ":", "ab"]),
        ("var.s|replace('S', 'T')", "T3cret:ab"),
        ("'abc'|replace('a', var.s)", "S3cret:abbc"),
        ("'abc'.replace('a', var.s)", "S3cret:abbc"),
        ("var.s|default('x')", "S3cret:ab"),
        ("var.s|trim|indent|string|title", "S3cret:ab"),
        ("var.s|urlencode", "S3cret%3Aab"),
        ("var.s|wordwrap(20)|center(11)", " S3cret:ab "),
        ("var.l", ["t1", "t2"]),
        ("var.l[0]", "t1"),
        ("var.l|sort(reverse=true)", ["t2", "t1"]),
        ("var.l|max", "t2"),
        ("var.l|map('upper')|list", ["T1", "T2"]),
        ("var.m.k", "tok1"),
        ("var.m.values()|list", ["tok1"]),
        ("dict(a=var.s).a", "S3cret:ab"),
        ("namespace(a=var.s).a", "S3cret:ab"),
        ("cycler(var.s).next()", "S3cret:ab"),
        ("var.s|groupby(0)|first|first", "3"),
    ],
)
def test_expressions(folder: Folder, expression: str, value: Value) -> None:
    found = load(folder, f"  o: {{{{ {expression} }}}}")["o"]
    assert found == value
    assert all(type(leaf) is Secret for _, leaf in leaves(found))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("  o: [{% for c in var.s %}{{ c }},{% endfor %}]", list("S3cret:ab")),
        ("  o: [{% for k, v in var.m.items() %}{{ v }},{% endfor %}]", ["tok1"]),
        ("  o: a{{ var.s }}b", "aS3cret:abb"),
        ("  o: |\n    a {{ var.s }}", "a S3cret:ab\n"),
        ("  o: {% filter upper %}a{{ var.s }}{% endfilter %}", "AS3CRET:AB"),
        ("  o: {% set b %}a{{ var.s }}{% endset %}{{ b|lower }}", "as3cret:ab"),
        (
            "  o: {% set ns = namespace(x='') %}{% for c in var.s %}{% set ns.x = ns.x ~ c "
            "%}{% endfor %}{{ ns.x }}",
            "S3cret:ab",
        ),
        ("  o: {{ 'a' ~ m(var.s) }}", "av-S3cret:ab"),
        ("  o: !!str {{ var.s }}", "S3cret:ab"),
    ],
)
def test_statements(folder: Folder, body: str, value: Value) -> None:
    found = load(folder, body)["o"]
    assert found == value
    assert all(type(leaf) is Secret for _, leaf in leaves(found))


def test_keys_of_a_sensitive_mapping_are_not_secret(folder: Folder) -> None:
    found = load(
        folder,
        "  o: {% for k, v in var.m.items() %}{{ '{' }}{% endfor %}\n  {% for k, v in "
        "var.m.items() %}\n  {{ k }}: 1\n  {% endfor %}",
    )
    assert found["k"] == 1


def test_beside_a_later_value(folder: Folder) -> None:
    template = """
resource:
  thing:
    a: {name: a}
    b: {name: b, note: "{{ resource.thing.a.id ~ var.s|upper }}"}
"""
    found = folder.render(template, VARIABLES, sensitive=VARIABLES)
    note = next(iter(d.attributes["note"] for d in found.resources.values() if "note" in d.attributes))
    assert isinstance(note, Deferred)
    assert type(note.parts[1]) is Secret
    assert "S3CRET:AB" in found.secrets


@pytest.mark.parametrize(
    ("expression", "summary"),
    [
        ("{var.s: 1}", "a sensitive text cannot be a key: keys are shown"),
        ("var.s|int", "a sensitive text cannot become a number: numbers are shown"),
        ("var.s|float(0)", "a sensitive text cannot become a number: numbers are shown"),
        (
            "var.s.encode()",
            "not allowed in a template: access to attribute 'encode' of 'Secret' object is unsafe",
        ),
        (
            "var.s.maketrans(var.s, var.s)",
            "not allowed in a template: access to attribute 'maketrans' of 'Secret' object is unsafe",
        ),
        ("var.s.nope", 'a sensitive text has no attribute "nope"'),
    ],
)
def test_what_is_refused(folder: Folder, expression: str, summary: str) -> None:
    assert folder.refusal(expression, VARIABLES, sensitive=VARIABLES).summary == summary


@pytest.mark.parametrize(
    "expression",
    [
        *("var.s[99]", "var.s + 1", "var.s - 1", "var.s()", "var.s|sum", "var.s|filesizeformat"),
        *("var.s|format(1)", "var.m.nope", "var.m[var.s]", "{}[var.s]", "resource.thing[var.s]"),
        *("var.s|dictsort", "var.s|nope", "var[var.s]", "[var.s]|map(var.s)|list"),
    ],
)
def test_messages_do_not_tell(folder: Folder, expression: str) -> None:
    problem = folder.refusal(expression, VARIABLES, sensitive=VARIABLES)
    assert "S3cret" not in str(problem)
    assert "tok1" not in str(problem)


def test_a_secret_key_in_yaml(folder: Folder) -> None:
    found = folder.render("output:\n  {{ var.s }}: 1\n", VARIABLES, sensitive=VARIABLES)
    assert shown(found.diagnostics) == ["templates/main.yaml:2: a key must be text, not a sensitive text"]


def test_schema_messages_do_not_tell(folder: Folder) -> None:
    template = "resource: {thing: {a: {name: '{{ var.s }}', mode: '{{ var.s }}', size: '{{ var.s }}'}}}"
    found = folder.render(template, VARIABLES, sensitive=VARIABLES)
    assert shown(found.diagnostics) == [
        "templates/main.yaml:1: name does not match ^[a-z-]+$: (sensitive)",
        'templates/main.yaml:1: mode must be one of "fast", "safe", not (sensitive)',
        "templates/main.yaml:1: size must be a whole number, not (sensitive)",
    ]


def test_what_the_server_never_returns_is_secret(folder: Folder) -> None:
    found = folder.render("resource: {thing: {a: {name: a, token: plain}}}")
    attributes = next(iter(found.resources.values())).attributes
    assert type(attributes["token"]) is Secret
    assert found.secrets == ("plain",)


def test_what_the_server_never_returns_is_a_secret_at_any_depth(folder: Folder) -> None:
    found = folder.render("resource: {thing: {a: {name: a, rules: [{source: 8.10, key: 1.0}, {key: k}]}}}")
    ((_, desired),) = found.resources.items()
    rules: Any = desired.attributes["rules"]
    assert rules == [{"source": "8.10", "key": "1.0"}, {"key": "k"}]
    assert [type(rules[0][name]) for name in ("source", "key")] == [str, Secret]
    assert found.secrets == ("1.0", "k")


def test_the_texts_that_no_output_may_hold(folder: Folder) -> None:
    template = "output: {a: 'Bearer {{ var.s }}', b: '{{ var.s|upper }}', c: '{{ local.x }}'}"
    found = folder.render(template, VARIABLES, sensitive=VARIABLES, local={"x": ["{{ var.m.k }}!"]})
    assert found.secrets == ("S3CRET:AB", "S3cret:ab", "t1", "t2", "tok1")
    assert found.outputs["c"] == ["tok1!"]


def test_a_list_is_not_looked_through_each_time(folder: Folder) -> None:
    template = (
        "{% for i in range(3000) %}{% if var.l|length + local.l|length != 60000 %}x{% endif %}{% endfor %}"
    )
    found = folder.render(template, {"l": list(range(30_000))}, local={"l": "{{ var.l }}"})
    assert shown(found.diagnostics) == []


def test_secrets_deep_inside(folder: Folder) -> None:
    variables = {"s": "S3cret"}
    local = {"x": [{"open": ["a"], "deep": {"secret": ["{{ var.s }}"]}}]}
    for expression in (
        "local.x|tojson",
        "local.x[0].deep|tojson",
        "local.x|list|tojson",
        "'%s' % local.x[0].deep",
    ):
        assert type(folder.value(expression, variables, sensitive=variables, local=local)) is Secret
    assert type(folder.value("local.x[0].open|tojson", variables, sensitive=variables, local=local)) is str
