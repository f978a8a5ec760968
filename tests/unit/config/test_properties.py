"""For any value, text or bytes: values come out as they went in, and what is wrong is said."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.config.tokens import RESERVED
from planner.config.variables import Inputs
from planner.errors import PlannerError
from planner.model.value import Value, leaves, scalar_text

from .projects import Folder, shown

FAST = settings(derandomize=True, database=None)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(
    lambda text: RESERVED.search(text) is None
) | st.sampled_from(
    [
        *(
            "a: 1\nb: 2",
            "- x",
            "{a: 1}",
            "[1]",
            "&a",
            "*a",
            "!!str",
            "# no",
            "'",
            '"',
            "'\"\\",
            "|\n  x",
            "%YAML",
        ),
        *(
            "---\nresource: {}",
            "...",
            "<<",
            "null",
            "true",
            "8.10",
            "0x1f",
            "~",
            "",
            " ",
            "\n",
            "\t",
            " x ",
            "? a",
        ),
        *(
            "{{ var.x }}",
            "{% for %}",
            "{# c #}",
            "\r\n",
            "\x85",
            "\u2028",
            "\x00",
            "\x1b[0m",
            "\ufeff",
            "\U0010ffff",
        ),
        *("@", "`", ": ", "x:", "-", "--- ", "a\n\n  b\n", "{{", "}}", "%}", "output:\n  o: evil"),
    ]
)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = TEXTS | NUMBERS | st.booleans()
VALUES = st.recursive(
    SCALARS | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
MACRO = "{% macro m(x) %}{{ x }}{% endmacro %}"


def rendered(template: str, value: Value) -> dict[str, Value]:
    with tempfile.TemporaryDirectory() as root:
        found = Folder(Path(root)).render(template, {"x": value})
    assert not found.has_errors, shown(found.diagnostics)
    return dict(found.outputs)


def same(left: Value, right: Value) -> bool:
    """Equal, with the same types: 1, 1.0 and True are three values."""
    return bool(left == right) and [type(x) for _, x in leaves(left)] == [type(x) for _, x in leaves(right)]


@pytest.mark.parametrize(
    "position",
    [
        "{{ var.x }}",
        "'{{ var.x }}'",
        '"{{ var.x }}"',
        "|-\n    {{ var.x }}",
        ">-\n    {{ var.x }}",
        "{{ m(var.x) }}",
        "{{ var['x'] }}   # {{ var.x }}",
        "{% if true %}{{ var.x }}{% endif %}",
        "{% call(y) c() %}{{ var.x }}{% endcall %}",
    ],
)
@FAST
@given(value=VALUES)
def test_a_whole_scalar_is_the_value(position: str, value: Value) -> None:
    macros = MACRO + "{% macro c() %}{{ caller(1) }}{% endmacro %}"
    found = rendered(f"{macros}\noutput:\n  before: 1\n  o: {position}\n  after: [2]\n", value)
    assert set(found) == {"before", "o", "after"}
    assert same(found["o"], value)


@pytest.mark.parametrize(
    ("position", "before", "after"),
    [
        ("a{{ var.x }}b", "a", "b"),
        ("'a {{ var.x }} b'", "a ", " b"),
        ('"a {{ var.x }} b"', "a ", " b"),
        ("|\n    a {{ var.x }}\n    b", "a ", "\nb\n"),
        (">\n    a {{ var.x }}\n    b", "a ", " b\n"),
        ("a{{ m(var.x) }}b", "a", "b"),
        ("{{ 'a' ~ var.x ~ 'b' }}", "a", "b"),
        ("{{ 'a' ~ m(var.x) ~ 'b' }}", "a", "b"),
        ("{{ ['a', var.x, 'b']|join }}", "a", "b"),
        ("{% set y %}a{{ var.x }}b{% endset %}{{ y }}", "a", "b"),
        ("{% filter indent(4) %}a{{ var.x }}b{% endfilter %}", "a", "b"),
    ],
)
@FAST
@given(value=SCALARS)
def test_a_mixed_scalar_is_a_text(position: str, before: str, after: str, value: Value) -> None:
    found = rendered(f"{MACRO}\noutput:\n  before: 1\n  o: {position}\n  after: [2]\n", value)
    assert found == {"before": 1, "o": before + scalar_text(value) + after, "after": [2]}


@pytest.mark.parametrize(
    "position", ["{{ var.x }}", "'{{ var.x }}'", "{{ m(var.x) }}", "? {{ var.x }}\n    "]
)
@FAST
@given(value=TEXTS)
def test_a_key_is_the_text(position: str, value: str) -> None:
    found = rendered(f"{MACRO}\noutput:\n  o:\n    {position}: 1\n  after: [2]\n", value)
    assert found == {"o": {value: 1}, "after": [2]}


@FAST
@given(value=VALUES)
def test_a_value_in_flow_style(value: Value) -> None:
    found = rendered("output: {o: [{{ var.x }}, {k: {{ var.x }}}], after: 1}", value)
    assert found["after"] == 1
    assert same(found["o"], [value, {"k": value}])


@FAST
@given(values=st.lists(VALUES, max_size=4))
def test_values_in_a_loop(values: list[Value]) -> None:
    template = "output:\n{% for y in var.x %}\n  o{{ loop.index0 }}: {{ y }}\n{% endfor %}\n  after: 1\n"
    found = rendered(template, values)
    assert found.pop("after") == 1
    assert same(list(found.values()), values)


def only_problems(write: Callable[[Folder], object]) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        folder.write({"planner.yaml": "project: p\nenvironments: {dev: {}}\nvariables: {v: {default: 1}}\n"})
        write(folder)
        try:
            found = folder.load(environment="dev")
        except PlannerError:
            return
        shown(found.diagnostics)
        for address in found.resources:
            found.locate(address, ("name",))


PIECES = st.sampled_from(
    [
        *(
            "resource:",
            "output:",
            "extension:",
            "thing:",
            "check:",
            "moved:",
            "import:",
            "removed:",
            "lifecycle:",
        ),
        *(
            "depends_on:",
            "name: a",
            "x: {",
            "}",
            "[",
            "]",
            "- ",
            ": ",
            "\n",
            "\n  ",
            "\n    ",
            "\t",
            "'",
            '"',
            "|",
            ">",
        ),
        *(
            "&a",
            "*a",
            "<<: ",
            "!!int",
            "!x",
            "# c",
            "---",
            "...",
            "%TAG",
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-%}",
        ),
        *(
            "{{ var.v }}",
            "{{ var.w }}",
            "{{ resource.thing.a.id }}",
            "{{ [1][5] }}",
            "{{ loop }}",
            "{{ 1/0 }}",
            "~",
        ),
        *(
            "{% for i in range(3) %}",
            "{% endfor %}",
            "{% if v %}",
            "{% endif %}",
            "{% macro m() %}",
            "{% endmacro %}",
        ),
        *(
            "{% set x %}",
            "{% endset %}",
            "{{ x|upper }}",
            "{{ m() }}",
            "{% include 'main.yaml' %}",
            "{{ '\\ud800' }}",
        ),
        *(
            "condition:",
            "from:",
            "to:",
            "é",
            "\x00",
            "\ud83d\ude00",
            "\u2028",
            ".inf",
            "1e999",
            "9" * 30,
            "{{ x ~ y }}",
        ),
    ]
)
TEMPLATES = st.lists(PIECES, max_size=25).map("".join).map(lambda s: s.encode("utf-8", "surrogatepass"))


@pytest.mark.long
@FAST
@given(
    data=TEMPLATES | st.binary(max_size=60) | st.text(max_size=60).map(lambda s: s.encode("utf-8", "replace"))
)
@example(b"{{ ((((" * 2000)
@example(b"[" * 100_000)
@example(b"a: " * 10_000)
@example(b"{% for x in y %}" * 500)
@example(b"{{ " + b"1+" * 20_000 + b"1 }}")
@example(b"{{ " + b"-" * 20_000 + b"1 }}")
@example(b"{{ " + b"x." * 20_000 + b"y }}")
@example(b"{{ 'a'" + b"|upper" * 3_000 + b" }}")
@example(b"output: {a: " + b"9" * 5_000 + b"}")
@example(b"output: {a: {{ " + b"9" * 5_000 + b" }}}")
@example(b"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")
@example(b"{% include 'main.yaml' %}")
@example(b"{% extends 'main.yaml' %}")
@example(b"{% import 'main.yaml' as x %}")
def test_any_template(data: bytes) -> None:
    only_problems(lambda folder: folder.write({"templates/main.yaml": data}))


@FAST
@given(data=TEMPLATES | st.binary(max_size=60))
@example(b"project: p\nenvironments: {dev: {}}\nlocals: {a: '{{ local.a }}'}")
@example(b"project: p\nenvironments: {dev: {}}\nlocals: {a: '{{ " + b"(" * 3000 + b"1' }")
@example(b"project: p\nenvironments: {dev: {}}\nlocals: {a: .nan, b: 1e999, c: '{{ .nan }}'}")
@example(b"project: p\nenvironments: {dev: {}}\nvariables: {a: {default: .nan}}")
@example(b"project: p\nenvironments: {dev: {}}\nvariables: {a: {const: .inf, enum: [.nan], minimum: .inf}}")
@example(b"project: p\nenvironments: {dev: {}}\nvariables: {a: {default: " + b"9" * 5000 + b"}}")
@example(b"project: p\nenvironments: {dev: {timeout: .inf}}")
@example(b"project: p\nenvironments: {dev: {timeout: " + b"9" * 4500 + b"}}")
def test_any_project_file(data: bytes) -> None:
    only_problems(lambda folder: folder.write({"planner.yaml": data}))


@FAST
@given(data=TEMPLATES | st.binary(max_size=60))
@example(b"variables: {v: .inf}")
@example(b"variables: {v: " + b"9" * 5_000 + b"}")
@example(b"variables: {v: &a [*a]}")
def test_any_environment_file(data: bytes) -> None:
    only_problems(lambda folder: folder.write({"environments/dev.yaml": data}))


@FAST
@given(
    text=st.text(max_size=40),
    kind=st.sampled_from(["string", "number", "integer", "boolean", "array", "object"]),
)
def test_any_text_for_a_variable(text: str, kind: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        project = f"project: p\nenvironments: {{dev: {{}}}}\nvariables: {{v: {{type: {kind}}}}}\n"
        folder.write({"planner.yaml": project, "templates/t.yaml": "output: {o: '{{ var.v }}'}"})
        folder.problems(Inputs(assignments=[("v", text)]))
        folder.problems(Inputs(environ={"PLANNER_VAR_v": text}))
