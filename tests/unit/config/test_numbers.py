"""A number goes into a text as it was written, from everywhere and whatever a template does with it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from planner.config.variables import Inputs
from planner.model.value import Value

from .projects import Folder, shown
from .test_properties import FAST

DEPTHS = {"{}": "X", "[1, {}]": "X[1]", "{{a: [{{b: {}}}]}}": "X.a[0].b", '{{"a":{}}}': "X['a']"}
"""How a number stands in a value -> how a template gets it from there."""

Source = Callable[[Folder, str, str], Inputs]
"""Writes a project whose outputs use a value: what it is in YAML, and the use, in which X stands for it."""


def write(folder: Folder, body: str, use: str, declared: str = "{}", more: str = "") -> None:
    folder.write(
        {
            "planner.yaml": f"project: p\nvariables:\n  v: {declared}\n"
            f"environments: {{dev: {{endpoint: sandbox}}}}\n{more}",
            "environments/dev.yaml": body,
            "templates/main.yaml": f"output:\n  o: {use}\n",
        }
    )


def of_a_default(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, "", use.replace("X", "var.v"), f"{{default: {value}}}")
    return Inputs()


def of_the_environment_file(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, f"variables:\n  v: {value}\n", use.replace("X", "var.v"))
    return Inputs()


def of_a_pin(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, "", use.replace("X", "var.v"), more="promote: {variables: [v]}\n")
    folder.write({"pins/dev.yaml": f"variables: {{v: {value}}}\n"})
    return Inputs()


def of_a_variable_file(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, "", use.replace("X", "var.v"))
    folder.write({"more.json": f"{{v: {value}}}\n"})
    return Inputs(files=[str(folder.root / "more.json")])


NUMBER = "{type: [number, array, object]}"


def of_the_process(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, "", use.replace("X", "var.v"), NUMBER)
    return Inputs(environ={"PLANNER_VAR_v": value})


def of_the_command_line(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, "", use.replace("X", "var.v"), NUMBER)
    return Inputs(assignments=[("v", value)])


def of_the_command_line_without_a_type(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, "", use.replace("X", "var.v"))
    return Inputs(assignments=[("v", value)])


def of_a_local(folder: Folder, value: str, use: str) -> Inputs:
    write(folder, "variables: {v: 1}", use.replace("X", "local.w"), more=f"locals:\n  w: {value}\n")
    return Inputs()


def of_a_local_made_of_a_variable(folder: Folder, value: str, use: str) -> Inputs:
    local = 'locals: {w: "{{ var.v }}"}\n'
    write(folder, f"variables:\n  v: {value}\n", use.replace("X", "local.w"), more=local)
    return Inputs()


SOURCES: list[Source] = [
    of_a_default,
    of_the_environment_file,
    of_a_pin,
    of_a_variable_file,
    of_the_process,
    of_the_command_line,
    of_the_command_line_without_a_type,
    of_a_local,
    of_a_local_made_of_a_variable,
]
NUMBERS = ["8.10", "1e3", "1E5", "0x1F", "0o17", ".5", "5.", "+1", "007", "1.0", "-0", "-0.50", "1" * 19]
USES = {
    "n-{{ X }}": "n-{}",
    "'{{ X }}-{{ X }}'": "{0}-{0}",
    "{{ 'n-' ~ X }}": "n-{}",
    "{{ [X, 'a'] | join('+') }}": "{}+a",
    "{{ [X] | map('string') | join }}!": "{}!",
    "{{ X | string }}": "{}",
    "{{ X | replace('y', 'z') }}": "{}",
    "{{ X | trim }}": "{}",
    "{{ X | center(1) }}": "{}",
    "{{ 'n-%s' | format(X) }}": "n-{}",
    "{{ 'n-%s%s' % (X, 1) }}": "n-{}1",
    "{{ 'n-{}'.format(X) }}": "n-{}",
    "{{ 'n-{:>1}'.format(X) }}": "n-{}",
    "{% for x in [X] %}n-{{ x }}{% endfor %}": "n-{}",
    "{% set x = X %}n-{{ x }}": "n-{}",
    "{% set x %}n-{{ X }}{% endset %}{{ x }}": "n-{}",
    "{% macro m(x) %}n-{{ x }}{% endmacro %}{{ m(X) }}": "n-{}",
    "{% macro m(x) %}{{ x }}{% endmacro %}n-{{ m(X) }}": "n-{}",
    "{{ [X, X] | min ~ '' }}": "{}",
    "k{{ {X: 1} | list | first }}": "k{}",
    "{{ (X if X == X else 1) ~ '' }}": "{}",
    "{{ nope | default(X) ~ '' }}": "{}",
}


@pytest.mark.seldom(depth=list(DEPTHS)[2:])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("source", SOURCES)
def test_from_everywhere(folder: Folder, source: Source, depth: str) -> None:
    for number in NUMBERS:
        inputs = source(folder, depth.format(number), "n-{{ " + DEPTHS[depth] + " }}")
        found = folder.load(inputs)
        assert (number, shown(found.diagnostics), found.outputs) == (number, [], {"o": f"n-{number}"})


@pytest.mark.seldom(source=[of_a_local])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("source", [of_the_environment_file, of_a_local])
def test_in_every_use(folder: Folder, source: Source, use: str) -> None:
    for number in NUMBERS:
        inputs = source(folder, number, f"'{{{{ 0 }}}}'\n  p: {use}")
        found = folder.load(inputs)
        wanted = USES[use].format(number)
        assert (number, shown(found.diagnostics), found.outputs.get("p")) == (number, [], wanted)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("8.10", "8.10"),
        ("-8.10", "-8.10"),
        ("+8.10", "+8.10"),
        ("- 8.10", "-8.10"),
        ("-0", "-0"),
        ("0x1F", "0x1F"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("1e999", "1e999"),
        ("-1_000.50", "-1_000.50"),
        ("[8.10, 007.0][0]", "8.10"),
        ("{'a': 8.10}.a", "8.10"),
        ("m(8.10)", "8.10"),
        ("m()", "2.50"),
        ("[8.10]|join", "8.10"),
        ("nope|default(8.10)", "8.10"),
        ("[3.0, 8.10, -4.50]|min", "-4.50"),
        ("[8.10, 8.9]|sort|last", "8.9"),
        ("[8.10][-1]", "8.10"),
    ],
)
def test_in_expressions(folder: Folder, expression: str, text: str) -> None:
    macro = "{% macro m(x=2.50) %}{{ x }}{% endmacro %}"
    found = folder.render(f"{macro}\noutput:\n  o: n{{{{ {expression} }}}}\n")
    assert (shown(found.diagnostics), found.outputs) == ([], {"o": f"n{text}"})
    local = folder.render("output:\n  o: {{ local.w }}\n", local={"w": f"n{{{{ {expression} }}}}"})
    assert "m(" in expression or local.outputs == {"o": f"n{text}"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("var.v == 8.1", True),
        ("var.v != 8.1", False),
        ("8.1 == var.v", True),
        ("var.v > 8 and var.v < 8.2", True),
        ("8.1 in [var.v]", True),
        ("{8.1: 'x'}[var.v]", "x"),
        ("var.v is number and var.v is float", True),
        ("var.x is integer and var.x is odd", True),
        ("var.x == 31 and var.x // 2 == 15", True),
        ("[9.5, var.v, 8.05]|sort == [8.05, 8.1, 9.5]", True),
        ("['a', 'b', 'c'][var.one]", "b"),
        ("'abcdef'[var.one:]", "bcdef"),
        ("range(var.x)|length", 31),
        ("'ab' * var.one", "ab"),
        ("-var.v", -8.1),
        ("var.v + 0", 8.1),
        ("var.v * 2", 16.2),
        ("[var.v, var.v]|sum", 16.2),
        ("var.x|int ~ ''", "31"),
        ("var.v|float ~ ''", "8.1"),
        ("var.v|round(1)", 8.1),
        ("'%.3f' % var.v", "8.100"),
        ("'%d' % var.x", "31"),
        ("'{:.2f}'.format(var.v)", "8.10"),
        ("'{:d}'.format(var.x)", "31"),
        ("'{:>6}|{:<6}|{:06}'.format(var.v, var.v, var.v)", "  8.10|8.10  |008.10"),
        ("var.v and 1", 1),
        ("var.v|tojson", "8.10"),
        ("{var.v: [var.v, 1]}|tojson", '{"8.10": [8.10, 1]}'),
        ("(1, 8.1)|tojson", "[1, 8.1]"),
    ],
)
def test_what_is_computed_is_computed(folder: Folder, expression: str, value: Value) -> None:
    write(
        folder,
        "variables: {v: 8.10, x: 0x1F, one: +1}",
        f"{{{{ {expression} }}}}",
        "{}\n  x: {}\n  one: {}",
    )
    found = folder.load()
    assert shown(found.diagnostics) == []
    assert repr(found.outputs["o"]) == repr(value)


@pytest.mark.parametrize("number", ["0x1F", ".5", "+1", "007", "5."])
def test_what_json_cannot_write_so(folder: Folder, number: str) -> None:
    write(folder, f"variables: {{v: {number}}}", "{{ {'a': [var.v]} | tojson }}")
    assert folder.problems() == [f"templates/main.yaml:2: JSON cannot write {number} as it is written"]


@pytest.mark.parametrize(
    ("number", "flaw"),
    [
        ("1e400", "must be a finite number"),
        (".inf", "must be a finite number"),
        (".NaN", "must be a finite number"),
        ("9" * 5000, "must be a finite number"),
        ("9" * 30, "is a number of more than 64 bits"),
        ("-0x" + "f" * 9, ""),
    ],
)
def test_what_no_api_can_be_sent(folder: Folder, number: str, flaw: str) -> None:
    write(folder, f"variables: {{v: {number}}}", "n-{{ var.v }}")
    problems = folder.problems()
    assert problems == ([f'environments/dev.yaml:1: variable "v" {flaw}'] if flaw else [])


def test_a_number_stays_one_where_the_kind_wants_one(folder: Folder) -> None:
    template = "resource:\n  thing:\n    a: {name: a, size: {{ var.v }}, free: [{{ var.v }}, 0x10]}\n"
    write(folder, "variables: {v: 0x1F}", "1")
    folder.write({"templates/main.yaml": template})
    found = folder.load()
    (thing,) = found.resources.values()
    assert shown(found.diagnostics) == []
    assert repr(thing.attributes) == repr({"name": "a", "size": 31, "free": [31, 16]})


@pytest.mark.parametrize(
    ("schema", "number"),
    [
        ("{enum: [8.9, 8.10]}", "8.10"),
        ("{type: [string, number], enum: [8.9, 8.10]}", "8.10"),
        ("{type: string, enum: [8.9, 8.10]}", "8.10"),
        ("{type: string, const: 8.10}", "8.10"),
        ("{anyOf: [{type: string}, {type: 'null'}]}", "8.10"),
        ("{anyOf: [{type: number}, {type: 'null'}]}", "8.10"),
        ("{oneOf: [{type: string, pattern: '^8[.]10$'}, {type: integer}]}", "8.10"),
        ("{type: [string, 'null'], pattern: '^8[.]10$'}", "8.10"),
        ("{pattern: '^8[.]10$'}", "8.10"),
        ("{type: number, minimum: 0x8}", "8.10"),
        ("{type: integer, maximum: 0x1F}", "0x1F"),
    ],
)
def test_schemas(folder: Folder, schema: str, number: str) -> None:
    for inputs in (Inputs(), Inputs(assignments=[("v", number)]), Inputs(environ={"PLANNER_VAR_v": number})):
        write(folder, "" if inputs != Inputs() else f"variables: {{v: {number}}}", "n-{{ var.v }}", schema)
        found = folder.load(inputs)
        assert (shown(found.diagnostics), found.outputs) == ([], {"o": f"n-{number}"})


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ("{enum: [8.9, 8.10]}", 'variable "v" must be one of 8.9, 8.10, not 9.50'),
        ("{type: string, enum: [8.9, 8.10]}", 'variable "v" must be one of "8.9", "8.10", not "9.50"'),
        ("{const: 8.10}", 'variable "v" must be 8.10, not 9.50'),
        ("{type: number, maximum: 8.10}", 'variable "v" must be at most 8.10, not 9.50'),
        ("{type: boolean}", 'variable "v" must be true or false, not 9.50'),
        ("{anyOf: [{type: string, pattern: ^8}, {type: 'null'}]}", 'variable "v" does not match ^8: "9.50"'),
    ],
)
def test_what_does_not_fit_is_told_as_it_is_written(folder: Folder, schema: str, problem: str) -> None:
    write(folder, "variables: {v: 9.50}", "1", schema)
    assert folder.problems() == [f"environments/dev.yaml:1: {problem}"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"v":1.10}', 1.1),
        ('{\t"v"\t:\t[1,\t2]\t}', [1, 2]),
        ('{"v"\n:\n1}', 1),
        ('{"v":"a\\/b"}', "a/b"),
        ('{"v":"\\ud83d\\ude00 \\\\ud83d \\u00e9"}', "\U0001f600 \\ud83d \u00e9"),
        ('{"\\u0076":"\x7f\u2028\u0085"}', "\x7f\u2028\u0085"),
        ('{"v":{"' + "k" * 2000 + '":1}}', {"k" * 2000: 1}),
        ('{"v":{"<<":{"a":1}}}', {"<<": {"a": 1}}),
        ('{"v":["- a","# b","c: d","&e","null"]}', ["- a", "# b", "c: d", "&e", "null"]),
        ('{"v":[1e5,1E5,-0,true,null]}', [1e5, 1e5, 0, True, None]),
    ],
    ids=ascii,
)
def test_json_is_taken_wherever_yaml_is(folder: Folder, text: str, value: Value) -> None:
    write(folder, '{"variables":' + text + "}", "{{ var.v }}")
    folder.write({"x.json": text})
    assert json.loads(text) == {"v": value}
    for inputs in (Inputs(), Inputs(files=[str(folder.root / "x.json")])):
        found = folder.load(inputs)
        assert shown(found.diagnostics) == []
        assert found.outputs == {"o": value}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"v":1,\n"v":2}', '2: the key "v" is given twice'),
        ('{"v":\n"\\ud800"}', "2: not YAML: found invalid Unicode character escape code"),
        ('{\n\t"w"\n:1}', '2: variable "w" is not declared in planner.yaml'),
        ('{"v":' + "[" * 200 + "]" * 200 + "}", "1: nested deeper than 100 levels"),
    ],
)
def test_what_is_wrong_in_json(folder: Folder, text: str, problem: str) -> None:
    write(folder, "variables: {v: 1}", "1")
    name = str(folder.root / "x.json")
    folder.write({"x.json": text})
    assert folder.problems(Inputs(files=[name])) == [f"{name}:{problem}"]


DIGITS = st.text("0123456789", min_size=1, max_size=14)
SIGN = st.sampled_from(["", "", "-", "+"])
EXPONENT = st.builds(
    "{}{}{}".format, st.sampled_from("eE"), SIGN, st.text("0123456789", min_size=1, max_size=2)
)
FRACTION = st.builds("{}.{}".format, DIGITS, DIGITS | st.just("")) | st.builds(".{}".format, DIGITS)
TEXTS = (
    st.builds("{}{}".format, SIGN, DIGITS)
    | st.builds("{}{}{}".format, SIGN, FRACTION, EXPONENT | st.just(""))
    | st.builds("{}{}{}".format, SIGN, DIGITS, EXPONENT)
    | st.builds("0x{}".format, st.text("0123456789abcdefABCDEF", min_size=1, max_size=14))
    | st.builds("0o{}".format, st.text("01234567", min_size=1, max_size=14))
    | st.floats(allow_nan=False, allow_infinity=False).map(json.dumps)
    | st.integers(-(2**63), 2**64 - 1).map(json.dumps)
)


@pytest.mark.long
@pytest.mark.parametrize("source", SOURCES)
@FAST
@given(number=TEXTS, depth=st.sampled_from(list(DEPTHS)), use=st.sampled_from(list(USES)))
@example("8.10", "{}", "n-{{ X }}")
def test_any_number_from_anywhere(source: Source, number: str, depth: str, use: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        use_there = use.replace("X", DEPTHS[depth])
        inputs = source(folder, depth.format(number), f"1\n  p: {use_there}")
        found = folder.load(inputs)
        assert shown(found.diagnostics) == []
        assert found.outputs["p"] == USES[use].format(number)
