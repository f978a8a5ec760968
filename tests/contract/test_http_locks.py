"""Locks of a state behind Terraform's http protocol: two writers, and others that know the protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext, suppress

import pytest
from attrs import evolve

from planner.errors import LockHeld, StateError
from planner.state.http.backend import HttpBackend

from .http_addresses import (
    Address,
    Do,
    address,
    append_lines,
    clear,
    connects,
    content,
    gitlab,
    lock,
    plain,
    server,
    write,
    write_second,
)
from .http_state_server import PLAIN, Answer, Asked, Fault, State
from .places import ALICE, BOB

__all__ = ["address", "connects", "gitlab", "plain", "server"]  # fixtures

TERRAFORM = {
    "ID": "0c1a",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "carol@laptop",
    "Version": "1.9.0",
    "Created": "2025-01-31T12:00:00Z",
    "Path": "",
}


# --- two writers ------------------------------------------------------------------------------------------


def before_the_post(path: str, meanwhile: Callable[[], object]) -> Fault:
    """Do something between the GET of the head and the POST, once."""
    todo = [meanwhile]

    def fault(asked: Asked, do: Do) -> Answer:
        if asked.method == "POST" and asked.path == path and todo:
            todo.pop()()
        return do(asked)

    return fault


@pytest.mark.parametrize("work", [append_lines, write_second, clear])
def test_a_lock_that_is_broken_during_a_write(address: Address, work: Callable[[HttpBackend], None]) -> None:
    former, latter = address.open(), address.open()
    former.append([b"one"])
    write(former, 1)
    with former.lock(ALICE, 0):
        breaking = latter.lock(BOB, 0)

        def take_over() -> None:
            address.open().break_lock(ALICE.id)
            breaking.__enter__()

        address.server.fault = before_the_post(address.path, take_over)
        with pytest.raises(StateError, match="was broken while apply held it"):
            work(former)
        with pytest.raises(StateError, match="was broken while apply held it"):
            former.append([b"four"])
        latter.append([b"of the next"])
    assert address.open().lock_holder() == BOB
    breaking.__exit__(None, None, None)
    assert address.open().read_journal() == [b"one", b"of the next"]
    assert address.open().read_snapshot() == content(1)


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (b"", True),
        (b"{}", True),
        (b"OK", True),
        (json.dumps({"ID": BOB.id}).encode(), True),
        (json.dumps({"ID": ""}).encode(), True),
        (json.dumps({"ID": ALICE.id, "Who": "alice@host"}).encode(), False),
        (json.dumps({"ID": "terraforms", "Operation": "OperationTypeApply"}).encode(), False),
    ],
)
def test_a_lock_that_is_given_to_somebody_else_is_not_ours(plain: Address, body: bytes, taken: bool) -> None:
    def answer(asked: Asked, do: Do) -> Answer:
        done = do(asked)
        return Answer(200, body) if asked.method == "LOCK" else done

    plain.server.fault = answer
    backend = plain.open()
    if taken:
        with backend.lock(BOB, 0):
            assert plain.open().lock_holder() == BOB
        return
    with pytest.raises(LockHeld), backend.lock(BOB, 0):
        pass
    assert plain.path not in plain.server.documents(plain.path)


def test_a_lock_that_was_broken_is_noticed_where_no_id_is_checked(plain: Address) -> None:
    plain.server.checks_ids = False
    former = plain.open()
    with former.lock(ALICE, 0):
        plain.open().break_lock(ALICE.id)
        with pytest.raises(StateError, match="was broken while apply held it"):
            former.append([b"one"])
        with plain.open().lock(BOB, 0), pytest.raises(StateError, match="was broken while apply held it"):
            write(former, 1)
    assert plain.open().read_journal() == []


def test_etags_are_used_where_a_server_gives_them(plain: Address) -> None:
    plain.server.etags, plain.server.checks_ids = True, False
    backend, other = plain.open(), plain.open()
    backend.append([b"one"])

    def meanwhile() -> None:
        """Another writer, who does not look at the lock."""
        state = plain.server.states[plain.path]
        head = json.loads(state.versions[0])
        head["planner_state"] |= {"write_id": "other", "lines": {"text": "of another\n"}}
        state.versions[0] = json.dumps(head).encode()

    with backend.lock(ALICE, 0):
        plain.server.fault = before_the_post(plain.path, meanwhile)
        with pytest.raises(StateError, match=r"was changed from elsewhere meanwhile.*412"):
            backend.append([b"two"])
    assert other.read_journal() == [b"of another"]


def test_a_lock_that_was_taken_away_at_gitlab(gitlab: Address) -> None:
    backend = gitlab.open()
    with backend.lock(ALICE, 0):
        gitlab.server.states[gitlab.path].lock = None
        with pytest.raises(StateError, match="500 Internal Server Error") as caught:
            backend.append([b"one"])
        assert "when the lock was taken away" in caught.value.advice
    assert gitlab.open().read_journal() == []


# --- locks ------------------------------------------------------------------------------------------------


def locked_by_terraform(address: Address) -> None:
    address.open().append([b"one"])
    address.server.states[address.path].lock = dict(TERRAFORM)


def test_a_lock_of_terraform(address: Address) -> None:
    locked_by_terraform(address)
    with pytest.raises(LockHeld) as caught, address.open().lock(ALICE, 0):
        pass
    who = {PLAIN: "carol@laptop, OperationTypeApply since 2025-01-31T12:00:00Z"}.get(
        address.path.rpartition("/")[0], "gitlab-user, since 2025-01-31T12:00:00.000Z"
    )
    assert caught.value.summary == f"{address.open().describe()} is locked by {who}"
    assert "planner lock break 0c1a" in caught.value.advice
    with pytest.raises(StateError, match=f"it is held by {who}, as 0c1a"):
        address.open().break_lock("another")
    with pytest.raises(LockHeld):
        address.open().append([b"two"])
    address.open().break_lock("0c1a")
    with address.open().lock(ALICE, 0):
        pass
    assert address.open().read_journal() == [b"one"]


@pytest.mark.parametrize("body", [b"", b"locked", b"[]", b'{"ID": 7}'])
def test_a_server_that_does_not_say_who_holds_the_lock(plain: Address, body: bytes) -> None:
    def silent(asked: Asked, do: Do) -> Answer:
        answer = do(asked)
        return evolve(answer, body=body) if answer.status == 423 else answer

    plain.server.fault = silent
    with plain.open().lock(ALICE, 0):
        with pytest.raises(LockHeld) as caught, plain.open().lock(BOB, 0):
            pass
        assert str(ALICE) in caught.value.summary
        plain.open().break_lock(ALICE.id)
    locked_by_terraform(plain)
    with pytest.raises(LockHeld, match="locked by another process"), plain.open().lock(BOB, 0):
        pass
    with pytest.raises(StateError, match="does not say by whom") as refused:
        plain.open().break_lock("0c1a")
    assert "at the server itself" in refused.value.advice


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_locks(plain: Address, status: int) -> None:
    plain.server.fault = lambda asked, do: Answer(status) if asked.method == "LOCK" else do(asked)
    backend = plain.open()
    for work in (append_lines, write_second, lock, lambda backend: backend.check()):
        with pytest.raises(StateError, match=f"answered {status} .* to LOCK") as caught:
            work(backend)
        assert "TF_HTTP_LOCK_ADDRESS" in caught.value.advice
    assert plain.server.documents(plain.path) in ([], [plain.path])
    assert backend.read_journal() == []


def test_a_holder_that_died_before_it_was_named(address: Address) -> None:
    backend = address.open()
    address.server.fault = lambda asked, do: (
        None if asked.method != "LOCK" and asked.path == address.path else do(asked)
    )
    with suppress(StateError), backend.lock(ALICE, 0):
        pass
    address.server.fault = None
    state = address.server.states[address.path]
    state.lock = {**TERRAFORM, "ID": ALICE.id}
    assert address.open().lock_holder() is None
    with pytest.raises(LockHeld, match="is locked by"), address.open().lock(BOB, 0):
        pass
    address.open().break_lock(ALICE.id)
    with address.open().lock(BOB, 0):
        assert address.open().lock_holder() == BOB


def test_a_lock_that_was_freed_by_something_else(address: Address) -> None:
    with address.open().lock(ALICE, 0):
        address.server.states[address.path].lock = None
        assert address.open().lock_holder() == ALICE, "there is no verb to ask"
        address.server.states[address.path].lock = dict(TERRAFORM)
        with pytest.raises(LockHeld, match=r"is locked by (carol|gitlab-user)"), address.open().lock(BOB, 0):
            pass
        address.server.states[address.path].lock = None
        address.open().break_lock(ALICE.id)
        assert address.open().lock_holder() is None
        with address.open().lock(BOB, 0):
            assert address.open().lock_holder() == BOB


def test_a_broken_lock_is_not_freed_twice(address: Address) -> None:
    def careless(asked: Asked, do: Do) -> Answer:
        """As servers that free the lock whatever ID they are given."""
        if asked.method in ("UNLOCK", "DELETE") and b"Operation" in asked.body:
            address.server.states[address.path].lock = None
            return Answer(200)
        return do(asked)

    with address.open().lock(ALICE, 0):
        address.open().break_lock(ALICE.id)
        latter = address.open().lock(BOB, 0)
        latter.__enter__()
        address.server.fault = careless
    lock = address.server.states[address.path].lock
    assert lock is not None
    assert lock["ID"] == BOB.id
    latter.__exit__(None, None, None)


# --- asking the server ------------------------------------------------------------------------------------


def test_who_holds_the_lock_is_the_servers_word(address: Address) -> None:
    locked_by_terraform(address)
    assert address.open().lock_holder() is None, "the head names nobody"
    found = address.open().probe_lock()
    assert found is not None
    assert found.id == "0c1a"
    assert str(found).startswith(("carol@laptop, OperationTypeApply", "gitlab-user, since"))
    address.open().break_lock("0c1a")
    with address.open().lock(ALICE, 0):
        lock = address.server.states[address.path].lock
        assert address.open().probe_lock() == ALICE
        address.server.states[address.path].lock = None
        assert address.open().lock_holder() == ALICE, "the head names her still"
        assert address.open().probe_lock() is None
        address.server.states[address.path].lock = lock
    assert address.open().probe_lock() is None


def test_a_holder_whom_nobody_names(plain: Address) -> None:
    locked_by_terraform(plain)

    def silent(asked: Asked, do: Do) -> Answer:
        answer = do(asked)
        return evolve(answer, body=b"") if answer.status == 423 else answer

    plain.server.fault = silent
    found = plain.open().probe_lock()
    assert found is not None
    assert (found.id, str(found)) == ("", "something else")


@pytest.mark.parametrize("answer", [Answer(403), Answer(401), Answer(405), Answer(501), Answer(500), None])
def test_a_server_that_cannot_be_asked_is_not_taken_for_free(plain: Address, answer: Answer | None) -> None:
    """As for who may only read. What planner wrote there is said beside that."""
    plain.open().append([b"one"])
    for holder in (None, ALICE):
        with plain.open().lock(ALICE, 0) if holder else nullcontext():
            plain.server.fault = lambda asked, do: answer if asked.method == "LOCK" else do(asked)
            with pytest.raises(StateError, match=r"who holds the lock of .* cannot be told: ") as caught:
                plain.open().probe_lock()
            plain.server.fault = None
            assert f"planner wrote there that {holder or 'nobody'} holds it" in caught.value.advice


def test_asking_at_gitlab_makes_no_state(gitlab: Address) -> None:
    """There a state that was locked and never written is no longer one that is not there."""
    assert gitlab.open().probe_lock() is None
    with pytest.raises(StateError, match="is not locked as 0c1a: nobody holds it"):
        gitlab.open().break_lock("0c1a")
    assert gitlab.path not in gitlab.server.states
    assert gitlab.open().read_snapshot() is None
    gitlab.server.states[gitlab.path] = State(lock=dict(TERRAFORM))
    found = gitlab.open().probe_lock()
    assert found is not None
    assert found.id == "0c1a"
    gitlab.open().break_lock("0c1a")
    assert gitlab.open().probe_lock() is None
