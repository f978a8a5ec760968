"""For any file and any edits: the result reads as wanted, and no other line is another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from hypothesis import assume, given
from hypothesis import strategies as st

from planner.config.values import plain
from planner.config.yaml_document import YamlProblem, parse
from planner.errors import Refused
from planner.model.value import Value, at
from planner.promote.pin_edit import edit

from .sample_documents import KEYS, VALUES, Path, Sample, samples


def read(text: str) -> dict[str, Value]:
    """As the project reads the file."""
    documents = [plain(document) for document in parse(text)]
    assert len(documents) < 2
    value = documents[0] if documents else {}
    assert isinstance(value, dict)
    return value


def same(left: Value, right: Value) -> bool:
    """With the same types, and keys in the same order."""
    return json.dumps(left) == json.dumps(right)


def changed(value: Value, path: Path, wanted: Value) -> Value:
    if not path:
        return wanted
    there = value or {}
    assert isinstance(there, dict)
    return {**there, path[0]: changed(there.get(path[0]), path[1:], wanted)}


def places(value: Value, path: Path = ()) -> Iterator[Path]:
    """What is there, what could be there besides, and sections that could be there."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from places(item, (*path, key))
    if isinstance(value, dict) or value is None:
        yield (*path, "new")
        yield (*path, "new one", "new: two")


@st.composite
def edits(draw: st.DrawFn, value: Value) -> Mapping[Path, Value]:
    paths = draw(st.lists(st.sampled_from(list(places(value))), min_size=1, max_size=3, unique=True))
    return {
        path: draw(VALUES)
        for index, path in enumerate(paths)
        if not any(one[: len(path)] == path or path[: len(one)] == one for one in paths[:index])
    }


@given(samples(), st.data())
def test_the_result_reads_as_wanted(sample: Sample, data: st.DataObject) -> None:
    wanted: Value = read(sample.text)
    made = data.draw(edits(wanted))
    for path, value in made.items():
        wanted = changed(wanted, path, value)
    assert same(read(edit(sample.text, made, "x.yaml")), wanted)


@given(samples(), st.data())
def test_lines_that_are_not_edited_stay(sample: Sample, data: st.DataObject) -> None:
    path, value = next(iter(data.draw(edits(read(sample.text))).items()))
    result = edit(sample.text, {path: value}, "x.yaml")
    found = iter(result.removeprefix("\ufeff").split(sample.newline))
    for line in sample.untouched(path):
        assert line.text in found, line  # goes on where the last one was found


@given(samples(), st.data())
def test_line_ends_stay(sample: Sample, data: st.DataObject) -> None:
    result = edit(sample.text, data.draw(edits(read(sample.text))), "x.yaml")
    assert result.startswith("\ufeff") == sample.text.startswith("\ufeff")
    assert result.count("\n") == result.count(sample.newline)
    assert "\r" not in result.replace(sample.newline, "")
    if sample.lines:
        assert result.endswith("\n") == sample.text.endswith("\n")


@given(samples(), st.data())
def test_an_edit_with_what_is_there_changes_nothing(sample: Sample, data: st.DataObject) -> None:
    there = read(sample.text)
    assume(there)
    path = data.draw(st.sampled_from([path for path in places(there) if "new" not in path[-1]]))
    assert edit(sample.text, {path: at(there, path)}, "x.yaml") == sample.text


@given(samples(), st.data())
def test_an_edit_can_be_undone(sample: Sample, data: st.DataObject) -> None:
    """And done twice it is done once."""
    before = read(sample.text)
    assume(before)
    key = data.draw(st.sampled_from(list(before)))
    text = edit(sample.text, {(key,): data.draw(VALUES)}, "x.yaml")
    assert edit(text, {(key,): read(text)[key]}, "x.yaml") == text
    assert same(read(edit(text, {(key,): before[key]}, "x.yaml")), before)


@given(st.dictionaries(st.sampled_from([key for _, key in KEYS]), VALUES, min_size=1, max_size=4), st.data())
def test_flow_over_several_lines(value: Value, data: st.DataObject) -> None:
    pretty = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    text = "\n".join(f"{line} # c{number}" for number, line in enumerate(pretty))
    made, wanted = data.draw(edits(value)), value
    for path, new in made.items():
        wanted = changed(wanted, path, new)
    result = edit(text, made, "x.yaml")
    assert same(read(result), wanted)
    assert result.endswith(f" # c{len(pretty) - 1}")


PIECES = st.sampled_from(
    [
        *("a", "pins", "templates", "1", "8.10", "'x'", '"x"', "# c", "{{ x }}", "é", "\U0001f600", "y: z"),
        *(
            ": ",
            ":",
            ": ",
            "- ",
            "? ",
            ", ",
            "{",
            "}",
            "[",
            "]",
            "&a ",
            "*a",
            "<<: ",
            "!!str ",
            "!",
            "|",
            ">+",
            "|2",
        ),
        *(
            "\n",
            "\n",
            "\n  ",
            "\n    ",
            "\n- ",
            "\r\n",
            "\r",
            "\t",
            " ",
            "\x85",
            "\u2028",
            "\ufeff",
            "\x00",
            "\ud800",
        ),
        *(
            "\n---\n",
            "\n...\n",
            "%YAML 1.1\n",
            "pins:\n",
            "pins: {",
            "\n  templates: ",
            "pins: &p\n",
            "\nb: *p",
            "''",
        ),
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join), VALUES)
def test_any_text_is_edited_rightly_or_refused(text: str, value: Value) -> None:
    path = ("pins", "templates")
    try:
        result, before = edit(text, {path: value}, "x.yaml"), read(text)
    except (Refused, YamlProblem):  # a tag that the project does not know stays where it is
        return
    assert same(read(result), changed(before, path, value))
