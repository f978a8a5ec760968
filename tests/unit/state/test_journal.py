from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import DamagedState, NewerFormat, StateError
from planner.model.codec import encode_record
from planner.model.state import Outcome
from planner.model.value import Secret
from planner.state import journal
from planner.state.document import check
from planner.state.journal import Header, Journal, encode_line

from .samples import NOW, address, done, intent, prior

HEADER = Header(1, "search", "dev", "l-1", 3, "apply", NOW)
HEAD = encode_line({"header": asdict(HEADER)})
OTHER_HEAD = encode_line({"header": asdict(evolve(HEADER, lineage="l-2"))})
LINES = [HEAD, *(encode_line(encode_record(r)) for r in (intent(1, "a"), done(1, "a"), intent(2, "b")))]


class Sink:
    """Journals in memory, which can be told to fail."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.calls = 0
        self.fails = False

    def append(self, lines: Sequence[bytes]) -> None:
        self.calls += 1
        if self.fails:
            raise StateError("the journal cannot be written: no space left on device")
        self.lines += lines

    def read_journal(self) -> list[bytes]:
        return self.lines

    def clear_journal(self) -> None:
        self.lines = []


def read(lines: Sequence[bytes]) -> journal.Contents:
    return journal.read(lines, shown="state/dev.json")


def test_it_reads_what_it_writes() -> None:
    sink = Sink()
    writer = Journal(sink, HEADER, "state/dev.json")
    writer.write([intent(1, "a"), intent(2, "b")])
    writer.write([])
    writer.write([done(1, "a")])
    (session,) = read(sink.lines).sessions
    assert session.header == HEADER
    assert session.records == (intent(1, "a"), intent(2, "b"), done(1, "a"))
    assert sink.calls == 2


def test_lines_follow_the_schema() -> None:
    for line in LINES:
        check("journal", journal.decode_line(line))


def test_a_failed_journal_refuses_ever_after() -> None:
    sink = Sink()
    writer = Journal(sink, HEADER, "state/dev.json")
    sink.fails = True
    with pytest.raises(StateError, match="no space left"):
        writer.write([intent(1, "a")])
    sink.fails = False
    with pytest.raises(StateError, match="could not be written before"):
        writer.write([intent(1, "a")])
    assert (sink.lines, sink.calls) == ([], 1)


def test_a_record_that_cannot_be_encoded_ends_the_journal_too() -> None:
    sink = Sink()
    writer = Journal(sink, HEADER, "state/dev.json")
    secret = Outcome(1, address("a"), "done", evolve(prior("a"), attributes={"token": Secret("s3cret")}))
    with pytest.raises(StateError) as caught:
        writer.write([secret])
    assert "s3cret" not in str(caught.value)
    with pytest.raises(StateError):
        writer.write([intent(1, "a")])
    assert sink.lines == []


def test_a_torn_last_line_is_dropped() -> None:
    for cut in range(1, len(LINES[-1])):
        contents = read([*LINES[:-1], LINES[-1][:cut]])
        assert (cut, contents.torn) == (cut, 1)
        assert (cut, contents.sessions[0].records) == (cut, (intent(1, "a"), done(1, "a")))


@pytest.mark.parametrize("tail", [b"\0\0\0", LINES[1][:-1] + b"X", b"00000000 ", b"garbage"])
def test_a_damaged_last_line_is_dropped(tail: bytes) -> None:
    contents = read([*LINES, tail])
    assert (contents.torn, len(contents.sessions[0].records)) == (1, 3)


def test_a_line_torn_before_another_session_is_dropped() -> None:
    contents = read([*LINES, LINES[1][:20], HEAD, LINES[1]])
    assert contents.torn == 1
    assert [len(session.records) for session in contents.sessions] == [3, 1]


def test_a_journal_with_nothing_but_a_torn_header() -> None:
    assert read([HEAD[:10]]) == journal.Contents((), 1)
    assert read([b"", b""]) == journal.Contents()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([HEAD, b"garbage", LINES[2]], "is damaged at line 2"),
        ([HEAD, LINES[1][:-3] + b'5"}', LINES[2]], "is damaged at line 2"),
        ([HEAD[:-1], LINES[1]], "is damaged at line 1"),
        ([LINES[1]], "not understood at line 1: it does not begin with a header"),
        (
            [HEAD, encode_line({"what": 1})],
            "not understood at line 2: expected an intent, an outcome or a milestone",
        ),
        ([HEAD, encode_line([])], "not understood at line 2"),
        ([encode_line({"header": {}})], "is missing @ $.format_version"),
        ([encode_line({"header": None})], "expected a mapping"),
    ],
)
def test_damage_in_the_middle_is_an_error(lines: list[bytes], problem: str) -> None:
    with pytest.raises(DamagedState) as caught:
        read(lines)
    assert caught.value.summary.startswith("the journal of state/dev.json ")
    assert problem in caught.value.summary


@pytest.mark.parametrize(
    "before", [[], LINES, [HEAD, b"garbage", LINES[2]]], ids=["alone", "after ours", "after damage"]
)
@pytest.mark.parametrize("reader", [journal.read, journal.salvage])
def test_what_a_newer_planner_wrote_is_neither_damaged_nor_left_out(
    before: list[bytes], reader: Callable[..., object]
) -> None:
    newer = encode_line({"header": {**asdict(HEADER), "format_version": 3}})
    with pytest.raises(NewerFormat, match="has format_version 3, this planner reads up to 2"):
        reader([*before, b"", newer, encode_line({"new": {}})], shown="state/dev.json")


def test_salvage_takes_every_whole_line() -> None:
    lines = [LINES[1], HEAD, b"garbage", LINES[2], encode_line({"what": 1}), LINES[3]]
    (session,) = journal.salvage(lines, shown="state/dev.json")
    assert session.records == (done(1, "a"), intent(2, "b"))


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="none"),
        pytest.param([b"", b"garbage", LINES[1]], id="no header"),
        pytest.param([b"", HEAD, *LINES], id="a header"),
        pytest.param([LINES[1], encode_line({"header": {"format_version": 1}}), HEAD[:-1], HEAD], id="later"),
        pytest.param([HEAD, OTHER_HEAD], id="the first of two"),
    ],
)
def test_the_first_lineage_is_that_of_what_can_be_salvaged(lines: list[bytes]) -> None:
    sessions = journal.salvage(lines, shown="state/dev.json")
    assert journal.first_lineage(lines) == (sessions[0].header.lineage if sessions else None)


@given(st.binary(max_size=40))
def test_no_bytes_pass_for_a_line(data: bytes) -> None:
    assert journal.decode_line(data) is None
