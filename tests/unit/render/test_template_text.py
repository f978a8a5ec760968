"""Resources written as template text read back as the same resources."""

from __future__ import annotations

from collections.abc import Mapping

import jinja2
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.config.rendering import TemplateEnvironment, render
from planner.config.tokens import Tokens
from planner.config.values import plain
from planner.config.yaml_document import parse
from planner.model.address import Address
from planner.model.declarations import Import
from planner.model.value import Value, at
from planner.render.template_text import template_text

ONE = Address("extension", "one")

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
signs = st.lists(
    st.sampled_from(["{{", "}}", "{%", "#}", "'", '"', "\\", "\n", "\t", "a", " ", "é", "\U0001f600"])
)
values = st.recursive(
    st.one_of(texts, signs.map("".join), st.integers(-(10**6), 10**6), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


def read(text: str) -> Value:
    def undefined(message: str, _file: str, _line: int) -> None:
        raise AssertionError(message)

    tokens = Tokens()
    environment = TemplateEnvironment(jinja2.DictLoader({"t": text}), tokens, on_undefined=undefined)
    return plain(parse(render(environment.get_template("t")), restore=tokens.restore)[0])


@settings(derandomize=True)
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), values, min_size=1, max_size=4))
def test_any_value_reads_back(attributes: dict[str, Value]) -> None:
    text = template_text({ONE: attributes})
    assert at(read(text), ("resource", "extension", "one")) == attributes, text
    unrendered = at(plain(parse(text)[0]), ("resource", "extension", "one"))  # what an editor sees
    assert isinstance(unrendered, Mapping)
    assert unrendered.keys() == attributes.keys(), text


def test_it_looks_as_a_person_would_write_it() -> None:
    attributes: dict[str, Value] = {
        "name": "synonyms",
        "version": "8.*",
        "description": "It's 100%: {{ raw }}",
        "tags": ["a", {"b": 1}],
    }
    text = template_text({ONE: attributes}, [Import(ONE, "123")])
    assert text == (
        "resource:\n"
        "  extension:\n"
        "    one:\n"
        "      name: synonyms\n"
        '      version: "8.*"\n'
        "      description: \"{{ 'It\\x27s 100%: {{ raw }}' }}\"\n"
        "      tags:\n"
        "        - a\n"
        "        - b: 1\n"
        "\n"
        "import:\n"
        '  - {to: extension.one, id: "123"}\n'
    )
