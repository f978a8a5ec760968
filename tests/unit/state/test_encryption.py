"""Encryption around a backend; that it keeps the port's promises is for the contract suites."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from planner.errors import DamagedState, NewerFormat, StateError
from planner.state.encryption import EncryptedBackend
from planner.state.keys import read_keys
from planner.state.store import Store

from .samples import done, intent, local, names, state_of, store_on

Change = Callable[[list[bytes]], list[bytes]]
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(bytes(32)).decode()


def store(folder: Path, key: str = KEY, old: str = "", *, plain: bool = False, seals: bool = True) -> Store:
    keys = read_keys("dev", {"PLANNER_STATE_KEY": key, "PLANNER_STATE_KEY_OLD": old})
    return store_on(EncryptedBackend(local(folder), keys, accepts_plain=plain, seals=seals))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with serial 1, of a, and a journal that adds b."""
    here = store(tmp_path)
    state = here.commit(state_of("a", lineage="", serial=0))
    journal = here.open_journal(state, "apply")
    journal.write([intent(1, "b")])
    journal.write([done(1, "b")])
    return tmp_path


def test_nothing_is_readable_in_the_place(written: Path) -> None:
    files = [path for path in (written / "state").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"dev.json", "dev.journal", "00000001.json"}
    for path in files:
        assert b"id-a" not in path.read_bytes(), path
        assert b"id-b" not in path.read_bytes(), path
    assert names(store(written).load()) == ["a", "b"]


def test_another_key(written: Path) -> None:
    with pytest.raises(StateError, match="is encrypted with another key"):
        store(written, OTHER).load()


def test_rotation(written: Path) -> None:
    rotating = store(written, OTHER, old=KEY)
    rotating.commit(rotating.checkpoint())
    assert names(store(written, OTHER).load()) == ["a", "b"]
    with pytest.raises(StateError, match="is encrypted with another key"):
        store(written).load()


def test_a_state_that_is_not_encrypted_is_refused(tmp_path: Path) -> None:
    store_on(local(tmp_path)).commit(state_of("a", lineage="", serial=0))
    with pytest.raises(StateError, match=r"dev.json is not encrypted, though planner.yaml says") as caught:
        store(tmp_path).load()
    assert "planner state rotate" in caught.value.advice
    assert names(store(tmp_path, plain=True).load()) == ["a"]


def test_a_journal_that_is_not_encrypted_is_refused(tmp_path: Path) -> None:
    """As somebody would write who may write to the place, and has no key."""
    here = store(tmp_path)
    state = here.commit(state_of("a", lineage="", serial=0))
    forged = store_on(local(tmp_path)).open_journal
    forged(state, "apply").write([intent(1, "b"), done(1, "b")])
    with pytest.raises(StateError, match=r"the journal of .* is not encrypted"):
        here.load()


def test_an_encrypted_state_where_none_is_expected(written: Path) -> None:
    with pytest.raises(StateError, match="is encrypted") as caught:
        store_on(local(written)).load()
    assert "encrypted: true" in caught.value.advice
    (written / "state/dev.journal").unlink()
    with pytest.raises(StateError, match="is encrypted"):
        store_on(local(written)).load()


def test_back_to_plain(written: Path) -> None:
    opening = store(written, plain=True, seals=False)
    opening.commit(opening.checkpoint())
    assert names(store_on(local(written)).load()) == ["a", "b"]


def other_serial(data: bytes) -> bytes:
    return orjson.dumps({**orjson.loads(data), "serial": 7})


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda _: b"", "is empty"),
        (lambda data: data[:-40], "is not an encrypted state"),
        (lambda _: b"nonsense", "is not an encrypted state"),
        (lambda data: data.replace(b"gAAAA", b"gAAAB"), "does not open with its key"),
        (other_serial, "its serial is not the one it was written with"),
    ],
)
def test_a_damaged_snapshot_names_the_way_back(
    written: Path, spoil: Callable[[bytes], bytes], problem: str
) -> None:
    store(written).checkpoint()
    path = written / "state/dev.json"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DamagedState, match=problem) as caught:
        store(written).load()
    assert "planner state restore 2 -e dev" in caught.value.advice
    assert names(store(written).restore(2)) == ["a", "b"]


def sealed_by_another(data: bytes) -> bytes:
    return data.replace(b"sealed1.", b"sealed2.")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("dev.json", sealed_by_another),
        ("dev.json", lambda _: b'{"serial": 1, "format_version": 3, "content": "sealed otherwise"}'),
        ("dev.journal", sealed_by_another),
    ],
    ids=["the snapshot", "its envelope", "the journal"],
)
def test_what_a_newer_planner_sealed_was_not_altered(
    written: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    store(written).checkpoint()
    with store(written).lock("apply"):
        store(written).open_journal(store(written).load(), "apply").write([intent(1, "c")])
    path = written / "state" / name
    path.write_bytes(change(path.read_bytes()))
    before = {item: item.read_bytes() for item in written.rglob("*") if item.is_file()}
    with pytest.raises(NewerFormat, match=r"has format_version [23]") as caught:
        store(written).load()
    assert "restore" not in caught.value.advice
    with pytest.raises(NewerFormat):
        store(written).restore(1)
    assert before == {item: item.read_bytes() for item in written.rglob("*") if item.is_file()}


def test_a_torn_line_of_the_journal_is_left_out(written: Path) -> None:
    path = written / "state/dev.journal"
    path.write_bytes(path.read_bytes()[:-20])
    assert store(written).load().in_doubt == (intent(1, "b"),)


def test_a_spoiled_line_in_the_middle_of_the_journal(written: Path) -> None:
    path = written / "state/dev.journal"
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2][:-9] + b"AAAAAAAA="
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(DamagedState, match="is damaged at line"):
        store(written).load()


def without(*numbers: int) -> Change:
    return lambda lines: [line for number, line in enumerate(lines) if number not in numbers]


def in_order(*numbers: int) -> Change:
    return lambda lines: [lines[number] for number in numbers]


@pytest.mark.parametrize(
    "change",
    [
        without(2),
        without(1, 2),
        without(3),
        without(2, 3),
        without(1, 2, 3),
        in_order(0, 1, 3, 2, 4, 5, 6),
        in_order(0, 1, 2, 2, 3, 4, 5, 6),
        in_order(0, 1, 2, 3, 4, 5, 6, 2),
        in_order(4, 5, 6, 0, 1, 2, 3),
    ],
)
def test_lines_cannot_be_taken_out_or_put_elsewhere(written: Path, change: Change) -> None:
    """Of two runs: a blank line, a header, an intent, an outcome; and a blank line, a header, an intent."""
    here = store(written)
    with here.lock("apply"):
        here.open_journal(here.load(), "apply").write([intent(1, "c")])
    path = written / "state/dev.journal"
    lines = path.read_bytes().splitlines()
    assert len(lines) == 7
    assert store(written).load().in_doubt == (intent(1, "c"),)
    path.write_bytes(b"".join(line + b"\n" for line in change(lines)))
    with pytest.raises(DamagedState, match="is damaged at line"):
        store(written).load()


def test_lines_of_another_time_do_not_fit(written: Path) -> None:
    path = written / "state/dev.journal"
    former = path.read_bytes()
    here = store(written)
    here.commit(here.checkpoint())
    journal = here.open_journal(here.load(), "apply")
    journal.write([intent(1, "c")])
    path.write_bytes(path.read_bytes() + former)
    with pytest.raises(DamagedState, match="is damaged at line"):
        store(written).load()


def test_a_run_goes_on_behind_a_line_that_was_torn(written: Path) -> None:
    path = written / "state/dev.journal"
    path.write_bytes(path.read_bytes()[:-20])
    here = store(written)
    with here.lock("apply"):
        journal = here.open_journal(here.load(), "apply")
        journal.write([intent(1, "c")])
        journal.write([done(1, "c")])
    assert names(store(written).load()) == ["a", "c"]


def test_several_may_write_one_after_the_other(tmp_path: Path) -> None:
    keys = read_keys("dev", {"PLANNER_STATE_KEY": KEY})
    one, other = (EncryptedBackend(local(tmp_path), keys) for _ in range(2))
    for number, backend in enumerate((one, other, one, one, other)):
        backend.append([b"%d" % number])
    assert one.read_journal() == [b"0", b"1", b"2", b"3", b"4"]
