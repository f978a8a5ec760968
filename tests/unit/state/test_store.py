from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from planner.errors import DamagedState, NewerFormat, OthersState, StateError
from planner.model.state import State
from planner.model.value import Secret
from planner.state.store import Store

from .samples import done, intent, local, names, prior, state_of, store_on
from .test_files import files_limited_to, mode, umask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_on(local(tmp_path))


def run(store: Store, *created: str) -> State:
    """A run that creates resources and commits."""
    state = store.checkpoint()
    store.open_journal(state, "apply").write([done(n, name) for n, name in enumerate(created, 1)])
    return store.commit(store.load())


def crash(store: Store, *created: str, doubt: str | None = None) -> None:
    """A run that dies before it commits."""
    journal = store.open_journal(store.load(), "apply")
    for number, name in enumerate(created, 1):
        journal.write([intent(number, name)])
        journal.write([done(number, name)])
    if doubt:
        journal.write([intent(len(created) + 1, doubt)])


def test_nothing_there_is_an_empty_state(store: Store, folder: Path) -> None:
    assert store.load() == State("search", "dev")
    assert store.history() == []
    assert not folder.exists()


def test_serials_and_lineage(store: Store) -> None:
    first = run(store, "a")
    second = run(store, "b")
    assert (first.serial, second.serial) == (1, 2)
    assert first.lineage == second.lineage != ""
    assert store.load() == second
    assert names(second) == ["a", "b"]


def test_a_run_without_records_leaves_no_journal(store: Store, folder: Path) -> None:
    store.open_journal(run(store, "a"), "apply").write([])
    assert not (folder / "dev.journal").exists()


def test_loading_folds_the_journal_and_writes_nothing(store: Store, folder: Path) -> None:
    run(store, "a")
    crash(store, "b", doubt="c")
    before = {item.name: item.stat().st_mtime_ns for item in folder.iterdir()}
    state = store.load()
    assert (names(state), state.serial) == (["a", "b"], 1)
    assert state.in_doubt == (intent(2, "c"),)
    assert before == {item.name: item.stat().st_mtime_ns for item in folder.iterdir()}


def test_the_first_run_may_crash(store: Store) -> None:
    crash(store, "a")
    state = store.load()
    assert (names(state), state.serial) == (["a"], 0)
    assert state.lineage != ""
    committed = store.checkpoint()
    assert (committed.lineage, committed.serial, names(committed)) == (state.lineage, 1, ["a"])


def test_two_journals_of_a_first_run_have_one_lineage(store: Store) -> None:
    empty = store.load()
    store.open_journal(empty, "recover").write([done(1, "a")])
    store.open_journal(empty, "apply").write([done(1, "b")])
    lines = store.backend.read_journal()
    state = store.commit(store.load())
    store.backend.append(lines)  # as if the process died before the journal was cleared
    assert store.load() == state
    assert names(state) == ["a", "b"]


def test_checkpoint_makes_plans_of_before_the_crash_stale(store: Store) -> None:
    run(store, "a")
    assert store.checkpoint().serial == 1
    crash(store, "b", doubt="c")
    state = store.checkpoint()
    assert (state.serial, names(state), state.in_doubt) == (2, ["a", "b"], (intent(2, "c"),))
    assert store.load() == state
    assert store.backend.read_journal() == []


def test_runs_after_a_crash_without_checkpoint_keep_what_it_left(store: Store) -> None:
    run(store, "a")
    crash(store, "b", doubt="c")
    crash(store, "d", doubt="e")
    state = store.load()
    assert names(state) == ["a", "b", "d"]
    assert state.in_doubt == (intent(2, "c"), intent(2, "e"))


def test_an_older_snapshot_put_back_by_hand_is_refused(store: Store, folder: Path) -> None:
    run(store, "a")
    run(store, "b")
    (folder / "dev.json").write_bytes((folder / "dev.history/00000001.json").read_bytes())
    with pytest.raises(DamagedState, match="is serial 1, though its history holds serial 2") as caught:
        store.load()
    assert "planner state restore 2 -e dev" in caught.value.advice
    assert names(store.restore(2)) == ["a", "b"]
    assert names(store.load()) == ["a", "b"]


def test_a_line_torn_by_a_crash_is_told_and_survived(store: Store, folder: Path) -> None:
    run(store, "a")
    crash(store, "b", "c")
    path = folder / "dev.journal"
    path.write_bytes(path.read_bytes()[:-9])
    loaded = store.read()
    assert names(loaded.state) == ["a", "b"]
    assert "the journal of state/dev.json ends in a line that a crash cut off" in loaded.notes[0]
    told: list[str] = []
    evolve(store, tell=told.append).load()
    assert told == list(loaded.notes)
    crash(store, "d")
    assert names(store.load()) == ["a", "b", "d"]


def test_a_folded_journal_is_ignored_and_cleared_by_the_next_run(store: Store) -> None:
    run(store, "a")
    crash(store, "b")
    lines = store.backend.read_journal()
    state = store.checkpoint()
    store.backend.append(lines)
    assert store.load() == state
    crash(store, "c")
    assert len(store.backend.read_journal()) == 4
    assert names(store.load()) == ["a", "b", "c"]


@pytest.mark.parametrize("torn", [False, True])
def test_checkpoint_clears_a_journal_that_the_snapshot_holds(store: Store, torn: bool) -> None:
    """The process died between the snapshot and the clearing, or in the first line it ever wrote."""
    run(store, "a")
    crash(store, "b")
    lines = store.backend.read_journal()
    state = store.checkpoint()
    store.backend.append([b"", lines[1][:20]] if torn else lines)
    assert store.checkpoint() == state
    assert store.backend.read_journal() == []
    assert store.read().notes == ()


def test_a_stale_state_is_not_written(store: Store) -> None:
    stale = run(store, "a")
    run(store, "b")
    crash(store, "c")
    with pytest.raises(StateError, match="at serial 2, expected was serial 1"):
        store.commit(stale)
    assert names(store.load()) == ["a", "b", "c"]


def test_a_state_with_a_secret_is_not_written(store: Store) -> None:
    state = run(store, "a")
    with pytest.raises(StateError) as caught:
        store.commit(evolve(state, outputs={"token": Secret("s3cret")}))
    assert "s3cret" not in str(caught.value)
    assert store.load() == state


Damage = Callable[[Path], object]

DAMAGES: list[tuple[Damage, str]] = [
    (lambda f: (f / "dev.json").write_bytes(b""), "state/dev.json is empty"),
    (lambda f: os.truncate(f / "dev.json", 50), "state/dev.json is truncated"),
    (
        lambda f: (f / "dev.json").write_bytes((f / "dev.json").read_bytes().replace(b"id-a", b"id-x")),
        "state/dev.json was altered",
    ),
    (lambda f: (f / "dev.json").unlink(), "state/dev.json is missing, though it has a history"),
    (lambda f: (f / "dev.journal").write_bytes(b"x\ny\n"), "the journal of state/dev.json is damaged"),
]


@pytest.mark.parametrize(("damage", "problem"), DAMAGES)
def test_damage_names_the_newest_good_snapshot_and_restore_heals(
    store: Store, folder: Path, damage: Damage, problem: str
) -> None:
    for name in ("a", "b", "c"):
        run(store, name)
    damage(folder)
    os.truncate(folder / "dev.history" / "00000003.json", 10)
    with pytest.raises(DamagedState) as caught:
        store.load()
    assert caught.value.summary.startswith(problem)
    assert "serial 2 of " in caught.value.advice
    assert caught.value.advice.endswith("`planner state restore 2 -e dev`.")
    restored = store.restore(2)
    assert (names(restored), restored.serial) == (["a", "b"], 4)
    assert store.load() == restored


def newer_format(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"format_version": 1', b'"format_version": 3'))


@pytest.mark.parametrize("newer", [["dev.json"], ["dev.json", "dev.history/00000003.json"]], ids=str)
def test_nothing_older_takes_the_place_of_what_a_newer_planner_wrote(
    store: Store, folder: Path, newer: list[str]
) -> None:
    for name in ("a", "b", "c"):
        run(store, name)
    for name in newer:
        newer_format(folder / name)
    present = (folder / "dev.json").read_bytes()
    with pytest.raises(NewerFormat) as caught:
        store.load()
    assert "restore" not in caught.value.advice
    attempts: list[Callable[[], object]] = [
        lambda: store.restore(2),
        lambda: store.restorable(1),
        lambda: store.take_over(state_of("x", serial=9)),
        store.checkpoint,
    ]
    for attempt in attempts:
        with pytest.raises(NewerFormat):
            attempt()
    assert (folder / "dev.json").read_bytes() == present


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: os.truncate(path, 50),
        lambda path: path.write_bytes((path.parent / "dev.history/00000001.json").read_bytes()),
    ],
    ids=["empty", "missing", "truncated", "an older one in its place"],
)
def test_damage_to_what_a_newer_planner_wrote_is_not_for_this_one_to_mend(
    store: Store, folder: Path, damage: Damage
) -> None:
    for name in ("a", "b", "c"):
        run(store, name)
    newer_format(folder / "dev.history/00000003.json")
    damage(folder / "dev.json")
    with pytest.raises(DamagedState) as caught:
        store.load()
    assert "serial 3 in the history of state/dev.json has format_version 3" in caught.value.advice
    assert "state restore" not in caught.value.advice
    for serial in (1, 2, 3):
        with pytest.raises(NewerFormat, match="serial 3 in the history"):
            store.restore(serial)


def test_damage_without_any_good_snapshot(store: Store, folder: Path) -> None:
    run(store, "a")
    for path in (folder / "dev.json", folder / "dev.history" / "00000001.json"):
        path.write_bytes(b"")
    with pytest.raises(DamagedState) as caught:
        store.load()
    assert "take the damaged line out" in caught.value.advice
    with pytest.raises(DamagedState, match=r"serial 1 in the history of .* is empty"):
        store.restore(1)


def test_restore_writes_the_old_content_as_a_new_serial(store: Store) -> None:
    for name in ("a", "b"):
        run(store, name)
    crash(store, "c")
    restored = store.restore(1)
    assert (names(restored), restored.serial) == (["a"], 4)
    assert store.load() == restored
    assert names(store.restore(3)) == ["a", "b", "c"], "what the journal held is in the history"


def test_restore_of_an_unknown_serial_names_those_kept(store: Store) -> None:
    run(store, "a")
    with pytest.raises(StateError, match="has no serial 9 in its history") as caught:
        store.restore(9)
    assert caught.value.advice == "Kept: 1."


def test_restoring_a_damaged_state_keeps_the_facts_of_its_journal(store: Store, folder: Path) -> None:
    run(store, "a")
    crash(store, "b", doubt="c")
    (folder / "dev.json").write_bytes(b"")
    restored = store.restore(1)
    assert (names(restored), restored.serial) == (["a", "b"], 2)
    assert restored.in_doubt == (intent(2, "c"),)
    assert store.load() == restored


def test_restoring_with_a_damaged_journal_keeps_its_whole_lines(store: Store, folder: Path) -> None:
    run(store, "a")
    crash(store, "b", "c")
    path = folder / "dev.journal"
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3][:-2]
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(DamagedState, match="damaged at line 4"):
        store.load()
    restored = store.restore(1)
    assert names(restored) == ["a", "c"]
    assert restored.in_doubt == (intent(1, "b"),)


def test_a_snapshot_under_a_folded_journal_is_not_folded_twice(store: Store, folder: Path) -> None:
    run(store, "a")
    crash(store, "b")
    lines = store.backend.read_journal()
    run(store, "c")
    store.backend.append(lines)
    (folder / "dev.json").write_bytes(b"")
    assert store.restore(3).resources == {prior(n).address: prior(n) for n in "abc"}


def foreign(store: Store, environment: str = "dev", project: str = "search") -> Store:
    return evolve(store, environment=environment, project=project)


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({"environment": "prod"}, "is the state of the environment dev, not prod"),
        ({"project": "other"}, "is the state of the project search, not other"),
    ],
)
def test_the_state_of_somebody_else(store: Store, other: dict[str, str], problem: str) -> None:
    run(store, "a")
    with pytest.raises(DamagedState, match=problem) as caught:
        foreign(store, **other).load()
    ((what, _),) = other.items()
    assert f"planner state rename -e {other.get('environment', 'dev')} --from-{what}" in caught.value.advice
    assert "give each a `state` of its own" in caught.value.advice
    assert "restore" not in caught.value.advice


def test_the_journal_of_somebody_else(store: Store) -> None:
    crash(foreign(store, "prod"), "a")
    with pytest.raises(DamagedState, match="is the journal of search/prod, not search/dev"):
        store.load()


def renamed(store: Store, environment: str = "test") -> State:
    """As `state rename` does it."""
    state = store.checkpoint()
    return foreign(store, environment).commit(evolve(state, environment=environment))


def test_a_rename_that_dies_before_it_clears_the_journal(store: Store) -> None:
    run(store, "a")
    crash(store, "b", doubt="c")
    lines = store.backend.read_journal()
    now = renamed(store)
    store.backend.append(lines)
    assert foreign(store, "test").load() == now
    assert (names(now), now.in_doubt) == (["a", "b"], (intent(2, "c"),))


def test_a_first_run_that_died_before_a_rename(store: Store) -> None:
    crash(store, "a")
    with pytest.raises(OthersState, match="is the journal of search/dev, not search/test") as caught:
        foreign(store, "test").load()
    assert "planner state rename -e test --from-environment dev`" in caught.value.advice
    assert names(renamed(store)) == ["a"]


def test_what_was_renamed_is_not_restored_under_its_former_name(store: Store) -> None:
    """By somebody whose planner.yaml is older: it would forget what was recorded since."""
    run(store, "a")
    run(store, "b")
    renamed(store)
    for attempt in (store.load, lambda: store.restore(1), lambda: store.restorable(2)):
        with pytest.raises(OthersState) as caught:
            attempt()
        assert "state restore" not in caught.value.advice
    later = foreign(store, "test")
    restored = later.restore(1)
    assert (restored.environment, names(restored), restored.serial) == ("test", ["a"], 4)


def test_a_snapshot_of_another_state_in_the_history_is_not_restored(store: Store, folder: Path) -> None:
    run(store, "a")
    other = store_on(local(folder.parent / "elsewhere"))
    run(other, "x")
    renamed(other)
    strange = (folder.parent / "elsewhere/state/dev.json").read_bytes()
    (folder / "dev.history/00000001.json").write_bytes(strange)
    with pytest.raises(OthersState, match=r"serial 1 in the .* is the state of the environment test"):
        store.restore(1)


def test_a_journal_of_another_lineage(store: Store) -> None:
    state = run(store, "a")
    store.open_journal(evolve(state, lineage="other"), "apply").write([done(1, "b")])
    with pytest.raises(DamagedState, match="its lineage is other, not"):
        store.load()


def test_a_journal_that_runs_ahead(store: Store) -> None:
    state = run(store, "a")
    store.open_journal(evolve(state, serial=5), "apply").write([done(1, "b")])
    with pytest.raises(DamagedState, match="continues serial 5, the snapshot is serial 1"):
        store.load()


def test_a_journal_whose_snapshot_is_lost_with_its_history(store: Store, folder: Path) -> None:
    run(store, "a")
    crash(store, "b")
    (folder / "dev.json").unlink()
    (folder / "dev.history" / "00000001.json").unlink()
    with pytest.raises(DamagedState, match="continues serial 1, the snapshot is serial 0"):
        store.load()


def test_a_copied_state_without_history_is_taken_as_it_is(store: Store, folder: Path) -> None:
    for name in ("a", "b"):
        run(store, name)
    for kept in (folder / "dev.history").glob("*.json"):
        kept.unlink()
    assert run(store, "c").serial == 3
    assert [entry.serial for entry in store.history()] == [3, 2]


def test_files_are_private_under_any_umask(store: Store, folder: Path) -> None:
    with umask(0), store.lock("apply"):
        run(store, "a")
        crash(store, "b")
        modes = {item.name: mode(item) for item in folder.rglob("*")}
    assert mode(folder) == 0o700
    assert modes.pop("dev.history") == 0o700
    assert set(modes.values()) == {0o600}
    assert set(modes) >= {"dev.json", "dev.journal", "dev.lock", "dev.lock.json", "00000001.json"}


def test_a_full_disk_leaves_the_last_good_state(store: Store, folder: Path) -> None:
    state = run(store, "a")
    big = evolve(state, outputs={"text": "x" * 20_000})
    with files_limited_to(10_000), pytest.raises(StateError, match="cannot be written: file too large"):
        store.commit(big)
    assert store.load() == state
    assert not list(folder.rglob("*.tmp"))
    journal = store.open_journal(state, "apply")
    journal.write([done(1, "b")])
    with files_limited_to((folder / "dev.journal").stat().st_size + 10):
        with pytest.raises(StateError, match=r"the journal of .* cannot be written"):
            journal.write([done(2, "c")])
        with pytest.raises(StateError, match="could not be written before"):
            journal.write([done(2, "c")])
    assert names(store.load()) == ["a", "b"]
    assert names(run(store, "d")) == ["a", "b", "d"]


def test_a_place_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    store = store_on(local(tmp_path))
    with pytest.raises(StateError, match="cannot be read: not a directory"):
        store.load()
    with pytest.raises(StateError, match="cannot be taken"), store.lock("apply"):
        pass
    with pytest.raises(StateError, match="cannot be written"):
        store.backend.append([b"line"])
    with pytest.raises(StateError, match="cannot be written"):
        store.commit(State("search", "dev", lineage="l-1"))


def test_no_snapshot_is_written_that_the_history_cannot_take(store: Store, folder: Path) -> None:
    state = run(store, "a")
    (folder / "dev.history" / "00000002.json").mkdir()
    with pytest.raises(StateError, match="it is not a regular file"):
        store.commit(state)
    assert store.load() == state
    assert not list(folder.rglob("*.tmp"))


def test_a_history_that_cannot_be_read_does_not_hide_the_damage(store: Store, folder: Path) -> None:
    run(store, "a")
    (folder / "dev.json").write_bytes(b"")
    (folder / "dev.history" / "00000001.json").unlink()
    (folder / "dev.history" / "00000001.json").symlink_to("00000001.json")
    with pytest.raises(DamagedState, match="is empty"):
        store.load()


def test_a_lock_that_cannot_be_tried_is_taken_to_be_held(store: Store, folder: Path) -> None:
    with store.lock("apply") as holder:
        (folder / "dev.lock").unlink()
        (folder / "dev.lock").mkdir()
        assert store.backend.lock_holder() == holder
        with pytest.raises(StateError, match="cannot be taken: is a directory"), store.lock("apply"):
            pass
