"""Values never become structure, whatever a template does with them."""

from __future__ import annotations

import pytest

from planner.model.value import Value

from .projects import Folder, shown

EVIL = "x\nevil: {a: 1}\n# '\""
MACROS = (
    "{% macro m(x) %}v-{{ x }}{% endmacro %}"
    "{% macro box() %}[{{ caller() }}]{% endmacro %}"
    "{% macro list(x) %}a{{ [x] }}{% endmacro %}"
    "{% macro lines(x) %}\na: {{ x }}\nb: 2\n{% endmacro %}"
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("var.e", EVIL),
        ("var['e']", EVIL),
        ("var.e|upper", EVIL.upper()),
        ("var.e.upper()", EVIL.upper()),
        ("var.e ~ 'b'", EVIL + "b"),
        ("var.e + 'b'", EVIL + "b"),
        ("'a' ~ var.e ~ 1 ~ true ~ 8.10", f"a{EVIL}1true8.10"),
        ("'%s!' % var.e", EVIL + "!"),
        ("'%s!'|format(var.e)", EVIL + "!"),
        ("'{}!'.format(var.e)", EVIL + "!"),
        ("'{x}'.format(x=var.e)", EVIL),
        ("'a-b'|replace('-', var.e)", f"a{EVIL}b"),
        ("'a-b'.replace('-', var.e)", f"a{EVIL}b"),
        ("var.e[:8]", EVIL[:8]),
        ("var.e[::-1]", EVIL[::-1]),
        ("var.e|indent(2)", EVIL.replace("\n", "\n  ")),
        ("var.e|trim", EVIL),
        ("var.e|list|join('+')", "+".join(EVIL)),
        ("['a', var.e]|join(var.e)", f"a{EVIL}{EVIL}"),
        ("var.e|tojson", '"x\\nevil: {a: 1}\\n# \'\\""'),
        ("{'k': var.e}|tojson", '{"k": "x\\nevil: {a: 1}\\n# \'\\""}'),
        ("{var.e: [var.e]}", {EVIL: [EVIL]}),
        ("[var.e]", [EVIL]),
        ("(var.e, 1)", [EVIL, 1]),
        ("var.e * 2", EVIL * 2),
        ("var.e.splitlines()", EVIL.splitlines()),
        ("var.e|wordwrap(2, wrapstring=var.e)|length > 3", True),
        ("var.e if true else 1", EVIL),
        ("var.nope|default(var.e)", EVIL),
        ("namespace(a=var.e).a", EVIL),
        ("dict(a=var.e)", {"a": EVIL}),
        ("cycler(var.e, 1).next()", EVIL),
        ("m(var.e)", f"v-{EVIL}"),
        ("m(var.e) ~ var.e", f"v-{EVIL}{EVIL}"),
        ("var.e ~ m(var.e)", f"{EVIL}v-{EVIL}"),
        ("m(var.e) + var.e", f"v-{EVIL}{EVIL}"),
        ("[m(1), m(2)]|join(var.e)", f"v-1{EVIL}v-2"),
        ("m(var.e)|indent(4)", f"v-{EVIL}"),
        ("m(var.e)|trim", f"v-{EVIL}"),
        ("m(m(m(var.e)))", f"v-v-v-{EVIL}"),
    ],
)
def test_expressions(folder: Folder, expression: str, value: Value) -> None:
    template = f"{MACROS}\noutput:\n  before: 1\n  o: {{{{ {expression} }}}}\n  after: 2\n"
    found = folder.render(template, {"e": EVIL})
    assert shown(found.diagnostics) == []
    assert found.outputs == {"before": 1, "o": value, "after": 2}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("{% call box() %}{{ var.e }}{% endcall %}", None),
        ("x{% call box() %}{{ var.e }}{% endcall %}", f"x[{EVIL}]"),
        ("{% set b %}a{{ var.e }}{% endset %}{{ b }}", f"a{EVIL}"),
        ("{% set b | upper %}a{{ var.e }}{% endset %}{{ b }}", f"A{EVIL.upper()}"),
        ("{% set b | wordwrap(2, wrapstring=var.e) %}abcd{% endset %}{{ b }}", f"ab{EVIL}cd"),
        ("{% filter upper %}a{{ var.e }}{% endfilter %}", f"A{EVIL.upper()}"),
        ("{% filter replace('-', var.e)|lower %}A-B{% endfilter %}", f"a{EVIL}b"),
        ("{% filter wordwrap(2, wrapstring=var.e) %}abcd{% endfilter %}", f"ab{EVIL}cd"),
        ("{% filter indent(4) %}a{{ var.e }}{% endfilter %}", f"a{EVIL}"),
        ("{% filter length %}abc{% endfilter %}", 3),
        ("{% include 'part.j2' %}", f"p-{EVIL}"),
        ("{% import 'part.j2' as part %}{{ part.f() }}{{ part.k }}", f"f-{EVIL}{EVIL}"),
        ("{% from 'part.j2' import f with context %}{{ f() }}", f"f-{EVIL}"),
        ("{% with y = var.e %}{{ y }}{% endwith %}", EVIL),
        (
            "a{% for c in [1, [var.e]] recursive %}{{ loop(c) if c is not string and c is "
            "iterable else c }}{% endfor %}",
            f"a1{EVIL}",
        ),
        ("{% block z %}z{{ var.e }}{% endblock %}{{ self.z() }}", f"z{EVIL}z{EVIL}"),
        ("{% raw %}'{{ var.e }}'{% endraw %}", "{{ var.e }}"),
        ("1 # {{ var.e }}", 1),
        ("1 {# {{ var.e }} #}", 1),
    ],
)
def test_statements(folder: Folder, body: str, value: Value) -> None:
    part = "{% set k = var.e %}{% macro f() %}f-{{ var.e }}{% endmacro %}p-{{ var.e }}"
    template = f"{MACROS}\noutput:\n  before: 1\n  o: {body}\n  after: 2\n"
    found = folder.render(template, {"e": EVIL}, files={"templates/part.j2": part})
    assert shown(found.diagnostics) == []
    expected = [EVIL] if value is None else value
    assert found.outputs == {"before": 1, "o": expected, "after": 2}


def test_inheritance(folder: Folder) -> None:
    base = "output:\n  before: 1\n{% block a %}\n  o: {{ var.e }}\n{% endblock %}\n  after: 2\n"
    child = "{% extends 'base.j2' %}\n{% block a %}\n{{ super() }}  p: {{ var.e }}\n{% endblock %}\n"
    found = folder.render(child, {"e": EVIL}, files={"templates/base.j2": base})
    assert shown(found.diagnostics) == []
    assert found.outputs == {"before": 1, "o": EVIL, "p": EVIL, "after": 2}


UNQUOTED = """
output:
{% for name in var.names %}
  {{ name }}:
    text: {{ name }}-{{ var.e }}
    list: {{ var.names }}
{% if name == "a" %}
    first: {{ name == var.names[0] }}
{% endif %}
{% endfor %}
  after: {{ var.e }}
"""
IN_COMMENTS = """
output:
  # {% for name in var.names %}
  "{{ name }}":
    text: "{{ name }}-{{ var.e }}"
    list: "{{ var.names }}"
    # {% if name == "a" %}
    first: "{{ name == var.names[0] }}"
    # {% endif %}
  # {% endfor %}
  after: "{{ var.e }}"
"""


@pytest.mark.parametrize(
    "template",
    [
        UNQUOTED,
        IN_COMMENTS,
        IN_COMMENTS.replace(" %}", " -%}"),
        IN_COMMENTS.replace("{% ", "{%- ").replace(" %}", " -%}"),
        IN_COMMENTS.replace("# {%", "#{%"),
        IN_COMMENTS.replace("%}\n", "%} {# why -#}\n"),
        IN_COMMENTS.replace("%}\n", "%} and why\n"),
        IN_COMMENTS.replace("# {% for", "# {% raw %}{{ e }}{% endraw -%}\n  # {% for"),
        IN_COMMENTS.replace("    text:", "    # {{ name -}}\n    {% if true %}{% endif -%}\n    text:"),
        UNQUOTED.replace("{% if", "    # why\n{%- if").replace("{% endfor", "  # why\n\n    {%- endfor"),
        UNQUOTED.replace("    text:", "    # why\n{#- or not #}\n    text:"),
    ],
    ids=[
        "unquoted",
        "comments",
        "-%}",
        "{%- -%}",
        "#{%",
        "-#}",
        "a remark",
        "endraw",
        "-}}",
        "{%-",
        "{#-",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tags_may_stand_in_comments_and_values_in_quotes(folder: Folder, template: str, end: str) -> None:
    found = folder.render(template.replace("\n", end), {"e": EVIL, "names": ["a", "b"]})
    assert shown(found.diagnostics) == []
    assert found.outputs == {
        "a": {"text": f"a-{EVIL}", "list": ["a", "b"], "first": True},
        "b": {"text": f"b-{EVIL}", "list": ["a", "b"]},
        "after": EVIL,
    }


def test_macros_give_structure(folder: Folder) -> None:
    template = MACROS + "\noutput:\n  o:\n    {{ lines(var.e)|trim|indent(4) }}\n  p: 1\n"
    found = folder.render(template, {"e": EVIL})
    assert shown(found.diagnostics) == []
    assert found.outputs == {"o": {"a": EVIL, "b": 2}, "p": 1}


@pytest.mark.parametrize(
    ("expression", "summary"),
    [
        ("m(1)|indent(var.e)", "indent takes a number of spaces, or a text of white space"),
        ("var.e|safe", 'there is no filter "safe" here'),
        ("var.e|e", 'there is no filter "e" here'),
        ("var.e|random", 'there is no filter "random" here'),
        ("var", "a namespace cannot be printed"),
        ("resource.thing", "a namespace cannot be printed"),
        ("m", "a function or macro cannot be printed"),
        ("var.e.upper", "a function or macro cannot be printed"),
        ("self", "a TemplateReference cannot be printed"),
        ("{none: 1}", "a key must be a text, not null"),
        ("{true: 1}", "a key must be a text, not a boolean"),
        ("[cycler(1)]|tojson", "a Cycler has no JSON form"),
        ("list(var.e) == 1", "a list cannot be part of a text"),
        ("'a' ~ none", "null cannot be part of a text"),
        ("'a' ~ [1]", "a list cannot be part of a text"),
        ("[none]|join", "null cannot be part of a text"),
        ("none|string", "null cannot be part of a text"),
        ("m(1).translate({118: var.e})|safe", 'there is no filter "safe" here'),
        ("''.join([m(1)])", "a value printed by {{ ... }} was cut or changed after it was printed"),
    ],
)
def test_what_is_refused(folder: Folder, expression: str, summary: str) -> None:
    found = folder.render(f"{MACROS}\noutput:\n  o: {{{{ {expression} }}}}\n", {"e": EVIL})
    assert [item.summary.partition(";")[0] for item in found.diagnostics] == [summary]
    position = found.diagnostics[0].position
    assert position is not None
    assert position.file == "templates/main.yaml"
    assert position.text == f"  o: {{{{ {expression} }}}}"


@pytest.mark.parametrize(
    "text",
    ["{% autoescape false %}{{ var.e }}{% endautoescape %}", "{% autoescape true %}{% endautoescape %}"],
)
def test_autoescape_cannot_be_switched(folder: Folder, text: str) -> None:
    found = folder.render(text, {"e": EVIL})
    assert shown(found.diagnostics) == [
        "templates/main.yaml:1: not a jinja template: autoescape cannot be switched"
    ]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("m('a') == 'v-a'", True),
        ("'v-a' == m('a')", True),
        ("m('a') != 'v-a'", False),
        ("m('a') == m('a')", True),
        ("m('a') < 'v-b'", True),
        ("m('a') >= 'v-b' or m('a') > 'v' and m('a') <= 'v-a'", True),
        ("'-a' in m('a')", True),
        ("m('a')|length", 3),
        ("m('a')|upper", "V-A"),
        ("m('a')|title", "V-A"),
        ("m('a')[2:]", "a"),
        ("m('a').split('-')", ["v", "a"]),
        ("m('a').startswith('v')", True),
        ("m('a')|replace('-a', 'x')", "vx"),
        ("m('a')|urlencode", "v-a"),
        ("m('a')|tojson", '"v-a"'),
        ("m('a')|list|reverse|join", "a-v"),
        ("m('a') is string", True),
        ("m('a') is eq('v-a')", True),
        ("'%s' % m('a')", "v-a"),
        ("'{}'.format(m('a'))", "v-a"),
        ("'{}'.format([m('a')])", "['v-a']"),
        ("m('a') * 2", "v-av-a"),
        ("m('a') ~ m('b')|upper", "v-aV-B"),
        ("{'v-a': 1}[m('a')]", 1),
        ("{m('a'): m('b')}", {"v-a": "v-b"}),
        ("[m('a')]", ["v-a"]),
        ("same(5)", 5),
        ("same(5) == 5", True),
        ("same(5)|int + 1", 6),
        ("same(var.l)[1]", "b"),
        ("same(var.l)|length", 2),
        ("same('')|default('empty', true)", "empty"),
        ("'yes' if same(false) else 'no'", "no"),
        ("'yes' if same('') else 'no'", "no"),
        ("same(var.l)|map('upper')|list", ["A", "B"]),
    ],
)
def test_whoever_looks_into_template_text_sees_the_value(
    folder: Folder, expression: str, value: Value
) -> None:
    macros = "{% macro m(x) %}v-{{ x }}{% endmacro %}{% macro same(x) %}{{ x }}{% endmacro %}"
    found = folder.render(f"{macros}\noutput:\n  o: {{{{ {expression} }}}}\n", {"l": ["a", "b"]})
    assert shown(found.diagnostics) == []
    assert found.outputs["o"] == value
    assert type(found.outputs["o"]) is type(value)


def test_template_text_in_statements(folder: Folder) -> None:
    template = """
{% set mode %}{{ var.mode }}{% endset %}
{% set names %}{{ var.names }}{% endset %}
output:
{% if mode == "fast" %}
  fast: true
{% endif %}
{% for name in names %}
  {{ name }}: {{ loop.index }}
{% endfor %}
{% for name in names %}
  {{ name }}{{ name }}: {{ loop.length }}
{% endfor %}
{% include mode ~ ".j2" %}
"""
    variables = {"mode": "fast", "names": ["a", "b"]}
    found = folder.render(template, variables, files={"templates/fast.j2": "  included: 1\n"})
    assert shown(found.diagnostics) == []
    assert found.outputs == {"fast": True, "a": 1, "b": 2, "aa": 2, "bb": 2, "included": 1}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("var.m.items", 3),
        ("var.m.keys", "k"),
        ("var.m['items']", 3),
        ("var.items", "i"),
        ("var._x", "u"),
        ("var.b", True),
        ("'a' ~ var.b", "atrue"),
        ("'a' ~ true ~ 8.10", "atrue8.10"),
        ("var.b|string", "true"),
        ("[var.b, 8.10]|join(' ')", "true 8.10"),
        ("var.v", "8.10"),
        ("'v' ~ var.v", "v8.10"),
        ("var.n", 8.1),
        ("none", None),
        ("project", "shop"),
        ("project.name", "shop"),
        ("env.name", "dev"),
        ("env.endpoint", "sandbox"),
        ("env.protected", False),
        ("range(3)", [0, 1, 2]),
        ("'b' in var and 'c' not in var", True),
        ("{8.10: {1: 2}}", {"8.10": {"1": 2}}),
        ("{'b': 1}.items()", [["b", 1]]),
        ("{'b': 1}.keys()", ["b"]),
        ("{'b': 1}|dictsort", [["b", 1]]),
        ("[3, 1]|sort", [1, 3]),
        ("[1, 2, 3]|batch(2)|list", [[1, 2], [3]]),
        ("[1, 2]|map('string')|list", ["1", "2"]),
    ],
)
def test_what_users_expect(folder: Folder, expression: str, value: Value) -> None:
    variables: dict[str, Value] = {
        "m": {"items": 3, "keys": "k"},
        "items": "i",
        "_x": "u",
        "b": True,
        "v": "8.10",
        "n": 8.10,
    }
    found = folder.value(expression, variables)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("template", "outputs"),
    [
        ("output:\n  a: {% if true %}1{% else %}2{% endif %}\n  b: 3\n", {"a": 1, "b": 3}),
        ("output:\n  a: 1 {# why #}\n  b: 3\n", {"a": 1, "b": 3}),
        ("output:\n  a: x{% raw %}{{{% endraw %}\n  b: 3\n", {"a": "x{{", "b": 3}),
        ("output:\n  a: 1\n  {# alone #}\n  b: 3\n", {"a": 1, "b": 3}),
        ("output:\n  {% if true %}\n  a: 1\n  {% endif %}\n  b: 3\n", {"a": 1, "b": 3}),
        ("output:\n  a: [{% for x in [1, 2] %}{{ x }},{% endfor %}]\n  b: 3\n", {"a": [1, 2], "b": 3}),
        ("output:\n  a: |\n    x{% if true %} y{% endif %}\n    z\n", {"a": "x y\nz\n"}),
        ("output:\n  a: x{% if true -%}\n  y{% endif %}\n", {"a": "xy"}),
        ("output:\r\n{% if true %}\r\n  a: 1 {# c #}\r\n{% endif %}\r\n  b: 3\r\n", {"a": 1, "b": 3}),
        ("output:\n  {{ 'a' }}: 1{# c #}\n  b: 3\n", {"a": 1, "b": 3}),
    ],
)
def test_line_ends_after_tags(folder: Folder, template: str, outputs: dict[str, Value]) -> None:
    found = folder.render(template)
    assert shown(found.diagnostics) == []
    assert found.outputs == outputs
