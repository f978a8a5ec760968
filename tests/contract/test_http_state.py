"""What a state behind Terraform's http protocol withstands, and what it costs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from itertools import count
from typing import Any

import attrs
import pytest
from attrs import define, evolve

from planner.errors import DamagedState, EncryptedState, StateError
from planner.model.state import State
from planner.state.backend import KEPT
from planner.state.encryption import EncryptedBackend
from planner.state.http.backend import HttpBackend
from planner.state.http.head import Head, encode_head
from planner.state.keys import read_keys
from planner.state.store import Store

from .http_addresses import (
    PAGE,
    Address,
    Do,
    Naps,
    address,
    answering,
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
from .http_state_server import GITLAB, Answer, Asked, Fault, StateServer
from .places import ALICE, BOB

__all__ = ["address", "connects", "gitlab", "plain", "server"]  # fixtures

# --- replies that are lost --------------------------------------------------------------------------------


def _held(backend: HttpBackend) -> None:
    with backend.lock(BOB, 0):
        backend.append([b"two"])
        backend.append([b"three"])


DONE: dict[Callable[[HttpBackend], None], tuple[list[bytes], bytes, list[int]]] = {
    append_lines: ([b"one", b"two", b"three"], content(1), [1]),
    write_second: ([b"one"], content(2), [2, 1]),
    clear: ([], content(1), [1]),
    lock: ([b"one"], content(1), [1]),
    _held: ([b"one", b"two", b"three"], content(1), [1]),
}
"""What there is afterwards: the journal, the present snapshot, the serials of the history."""


@define
class Losing:
    """Loses one request, the nth, or the reply to it: the connection is closed, or a gateway answers."""

    at: int
    what: str
    asked: int = 0

    def __call__(self, asked: Asked, do: Do) -> Answer | None:
        self.asked += 1
        if self.asked != self.at:
            return do(asked)
        if "reply" in self.what:
            do(asked)
        return Answer(502) if "502" in self.what else None


LOST = ["request", "reply", "reply, 502"]


@pytest.mark.parametrize("what", LOST)
def test_what_was_lost_on_a_connection_is_done_once(plain: Address, what: str) -> None:
    lose_each(evolve(plain, connects=True), append_lines, what)


@pytest.mark.long
@pytest.mark.seldom(what=["reply"])  # as where a gateway answers instead
@pytest.mark.parametrize("what", LOST)
@pytest.mark.parametrize("work", DONE)
def test_what_was_lost_is_done_once(address: Address, work: Callable[[HttpBackend], None], what: str) -> None:
    lose_each(address, work, what)


def lose_each(address: Address, work: Callable[[HttpBackend], None], what: str) -> None:
    for number in count(1):
        place = evolve(address, path=f"{address.path}-{number}")
        place.open().append([b"one"])
        write(place.open(), 1)
        losing = Losing(number, what)
        address.server.fault = losing
        work(place.open())
        address.server.fault = None
        backend = place.open()
        serials = [entry.serial for entry in backend.history()]
        assert (backend.read_journal(), backend.read_snapshot(), serials) == DONE[work]
        with backend.lock(ALICE, 0):
            assert backend.lock_holder() == ALICE
        if losing.asked < number:
            break
    assert number > 3


@define
class Mixing:
    """Answers one GET, the nth, as it would the same one at another address."""

    at: int
    path: str
    other: str
    asked: int = 0

    def __call__(self, asked: Asked, do: Do) -> Answer | None:
        self.asked += asked.method == "GET"
        if asked.method != "GET" or self.asked != self.at:
            return do(asked)
        return do(evolve(asked, path=asked.path.replace(self.path, self.other)))


def _read(backend: HttpBackend) -> None:
    with backend.lock(BOB, 0):
        backend.read_journal()
        backend.read_snapshot()
        backend.read_history(1)


DONE_ONCE = {**DONE, _read: DONE[lock]}


@pytest.mark.long
@pytest.mark.seldom(address=[GITLAB])
@pytest.mark.parametrize("theirs", ["a state of the same age", "an older one", "nothing"])
@pytest.mark.parametrize("work", DONE_ONCE)
def test_a_reply_about_another_state_is_not_believed(
    address: Address, work: Callable[[HttpBackend], None], theirs: str
) -> None:
    """It is an error, or of no effect; what is at either address stays or is what the work makes of it."""
    for number in count(1):
        place = evolve(address, path=f"{address.path}-{number}")
        other = evolve(address, path=f"{address.path}-{number}o")
        place.open().append([b"one"])
        write(place.open(), 1)
        if theirs != "nothing":
            other.open().append([b"theirs"] * 3)
            write(other.open(), *((1, 2) if "same" in theirs else (1,)))
        before = other.open().read_journal(), other.open().read_snapshot()
        mixing = Mixing(number, place.path, other.path)
        address.server.fault = mixing
        failed = False
        try:
            work(place.open())
        except StateError:
            failed = True
        address.server.fault = None
        backend = place.open()
        found = backend.read_journal(), backend.read_snapshot()
        journals, snapshots = [DONE_ONCE[work][0]], [DONE_ONCE[work][1]]
        if failed or work is clear:  # which finds nothing to clear
            journals += [[b"one"], [b"one", b"two"]]
            snapshots += [content(1)]
        assert found[0] in journals
        assert found[1] in snapshots
        assert (other.open().read_journal(), other.open().read_snapshot()) == before
        if mixing.asked < number:
            break
    assert number > 1


@pytest.mark.parametrize("read", ["snapshot", "history", "journal"])
def test_a_content_that_is_another_one_is_not_believed(address: Address, read: str) -> None:
    backend = address.open()
    with backend.lock(BOB, 0):
        for _ in range(3):
            backend.append([b"x" * 70_000])
    write(address.open(), 1, 2)
    keys = sorted(path for path in address.server.documents(address.path) if "-content" in path)
    contents = [path for path in keys if path != address.path]
    assert len(contents) > 2

    def turned(asked: Asked, do: Do) -> Answer:
        """Each content is answered with the next."""
        path = asked.path.replace("/versions/", "/")
        if asked.method != "GET" or path not in contents:
            return do(asked)
        following = contents[(contents.index(path) + 1) % len(contents)]
        return do(evolve(asked, path=following.replace("-contents/", "-contents/versions/")))

    address.server.fault = turned
    reading = {
        "snapshot": address.open().read_snapshot,
        "history": lambda: address.open().read_history(1),
        "journal": address.open().read_journal,
    }
    with pytest.raises(StateError, match="with another document than number"):
        reading[read]()


@define
class Late:
    """The first write of the head seems lost, and arrives together with the one that is sent instead."""

    path: str
    first: Asked | None = None

    def __call__(self, asked: Asked, do: Do) -> Answer | None:
        if asked.method != "POST" or asked.path != self.path:
            return do(asked)
        if self.first is None:
            self.first = asked
            return None
        do(self.first)
        return do(asked)


@pytest.mark.parametrize("etags", [False, True])
def test_a_request_that_arrives_late(address: Address, etags: bool) -> None:
    address.server.etags = etags
    address.open().append([b"one"])
    address.server.fault = Late(address.path)
    address.open().append([b"two"])
    address.server.fault = None
    assert address.open().read_journal() == [b"one", b"two"]


@pytest.mark.parametrize("work", [append_lines, write_second, clear])
def test_a_server_that_goes_away_for_good(address: Address, work: Callable[[HttpBackend], None]) -> None:
    backend, naps = address.open(), Naps()
    backend.append([b"one"])
    write(backend, 1)
    holding = address.open(naps)
    with holding.lock(ALICE, 0):
        address.server.fault = answering(None)
        with pytest.raises(StateError, match=r"cannot be (written|cleared): the connection was"):
            work(holding)
        assert 5 < naps.now < 120
    address.server.fault = None
    assert backend.read_journal() == [b"one"]
    assert backend.read_snapshot() == content(1)
    assert address.open().lock_holder() == ALICE, "it could not be released"
    address.open().break_lock(ALICE.id)
    with address.open().lock(BOB, 0):
        pass


CUT_OFF = {"Content-Length": "9", "Connection": "close"}
AWAY = [Answer(404, PAGE), Answer(404, b"404 page not found\n"), Answer(204), Answer(404, b"", CUT_OFF)]


@pytest.mark.parametrize("away", AWAY, ids=["a page", "a text", "no content", "cut off"])
def test_a_server_that_is_away_has_no_empty_state(address: Address, away: Answer) -> None:
    """What stands before it takes the lock through, and answers the rest itself: nothing is made anew."""
    backend = address.open()
    write(backend, 1)
    address.server.fault = lambda asked, do: away if asked.method == "GET" else do(asked)
    reads: list[Callable[[], object]] = [backend.read_snapshot, backend.read_journal, backend.history]
    for read in reads:
        with pytest.raises(StateError, match="does not say that there is no state"):
            read()
    # Who has the lock believes GitLab's 204; then it takes no serial twice.
    for work in (append_lines, write_second, lock):
        with pytest.raises(StateError, match=r"does not say that there is no state|from elsewhere meanwhile"):
            work(address.open())
    address.server.fault = None
    assert (backend.read_snapshot(), backend.read_journal()) == (content(1), [])


@pytest.mark.parametrize("away", [Answer(404), Answer(404, b"{}"), Answer(204)], ids=["404", "JSON", "204"])
def test_nor_is_one_written_over_where_the_server_looks(address: Address, away: Answer) -> None:
    """GitLab takes no serial twice; others look at the condition."""
    backend = address.open()
    address.server.etags = True
    write(backend, 1)
    address.server.fault = lambda asked, do: away if asked.method == "GET" else do(asked)
    with pytest.raises(StateError):
        append_lines(address.open())
    address.server.fault = None
    assert (backend.read_snapshot(), backend.read_journal()) == (content(1), [])


# --- what it costs ----------------------------------------------------------------------------------------


def documents(address: Address) -> list[str]:
    """Those beside the head."""
    return [found for found in address.server.documents(address.path) if found != address.path]


def test_documents_are_deleted_when_nobody_needs_them(address: Address) -> None:
    backend = address.open()
    with backend.lock(ALICE, 0):
        for serial in range(1, KEPT + 10):
            backend.append([b"x" * 70_000])
            backend.append([b"y"])
            write(backend, serial)
            backend.clear_journal()
    assert KEPT <= len(documents(address)) <= KEPT + 3
    assert len(backend.history()) == KEPT
    deleted = [asked.path for asked in address.server.asked if asked.method == "DELETE"]
    assert len(deleted) < 5 * KEPT, "each once, and the lock"


@define
class Dying:
    """Answers as many requests, and none after them."""

    left: int

    def __call__(self, asked: Asked, do: Do) -> Answer | None:
        self.left -= 1
        return do(asked) if self.left >= 0 else None


def test_what_a_crash_left_is_deleted(address: Address) -> None:
    write(address.open(), 1)
    for number in count(1):
        dying = Dying(number)
        address.server.fault = dying
        done = is_done(lambda: write_next(address.open(), 2))
        address.server.fault = None
        if dying.left >= 0:
            break
        address.server.states[address.path].lock = None
        if done or address.open().read_snapshot() == content(2):
            write_next(address.open(), 1)
    assert number > 5
    write_next(address.open(), 3)
    write_next(address.open(), 4)
    assert len(documents(address)) == len(address.open().history()) == 4


def write_next(backend: HttpBackend, serial: int) -> None:
    backend.write_snapshot(content(serial), serial=serial, expected_serial=None)


def is_done(work: Callable[[], None]) -> bool:
    try:
        work()
    except StateError:
        return False
    return True


@pytest.mark.parametrize("status", [405, 403])
def test_a_server_that_deletes_nothing(plain: Address, status: int) -> None:
    plain.server.fault = lambda asked, do: Answer(status) if asked.method == "DELETE" else do(asked)
    backend = plain.open()
    with backend.lock(ALICE, 0):
        write(backend, *range(1, KEPT + 51))
        history = backend.history()
        assert [entry.serial for entry in history] == list(range(KEPT + 50, 50, -1))
        assert all(backend.read_history(entry.serial) == content(entry.serial) for entry in history)
    deleted = [asked.path for asked in plain.server.asked if asked.method == "DELETE"]
    assert status == 403 or len(deleted) == len(set(deleted)), "it never will"
    head = json.loads(plain.server.states[plain.path].versions[0])
    assert len(head["planner_state"]["dropped"]) <= 40


def test_an_old_serial_that_is_written_again_is_kept(address: Address) -> None:
    backend = address.open()
    with backend.lock(ALICE, 0):
        write(backend, *range(1, KEPT + 2))
        backend.write_snapshot(b'{"serial": 1, "again": true}', serial=1, expected_serial=KEPT + 1)
    assert backend.read_snapshot() == backend.read_history(1) == b'{"serial": 1, "again": true}'
    assert [entry.serial for entry in backend.history()] == [*range(KEPT + 1, 2, -1), 1]


@pytest.mark.parametrize("read", ["read_snapshot", "read_journal"])
def test_what_is_replaced_while_it_is_read(address: Address, read: str) -> None:
    write(address.open(), 1)
    for _ in range(2):
        address.open().append([b"x" * 70_000])

    def replace() -> None:
        backend = address.open()
        backend.clear_journal()
        write(backend, *range(2, KEPT + 4))

    address.server.fault = after_the_head(address.path, replace)
    expected = {"read_snapshot": content(KEPT + 3), "read_journal": []}
    assert getattr(address.open(), read)() == expected[read]


def after_the_head(path: str, meanwhile: Callable[[], object]) -> Fault:
    """Do something between the GET of the head and what follows, once."""
    todo = [meanwhile]

    def fault(asked: Asked, do: Do) -> Answer:
        answer = do(asked)
        if asked.method == "GET" and asked.path == path and todo:
            todo.pop()()
        return answer

    return fault


def test_a_step_costs_two_requests_however_large_state_and_journal_are(address: Address) -> None:
    backend = address.open()
    backend.write_snapshot(b" " * 1_000_000 + content(1), serial=1, expected_serial=0)
    line = b"x" * 3000
    with backend.lock(ALICE, 0):
        address.server.asked.clear()
        for _ in range(150):
            backend.append([line])
        asked = list(address.server.asked)
    assert len(asked) < 2.3 * 150
    assert max(len(each.body) for each in asked) < 100_000
    assert sum(len(each.body) for each in asked) < 150 * 60_000
    assert address.open().read_journal() == [line] * 150
    address.open().clear_journal()
    assert address.open().read_journal() == []


# --- what gets lost at the server ---------------------------------------------------------------------------


def lose_documents(address: Address) -> None:
    for path, state in address.server.states.items():
        if path.startswith(address.path) and path != address.path:
            state.versions.clear()


def lose_newest_document(address: Address) -> None:
    newest = documents(address)[-1]
    path, _, version = newest.rpartition("/") if newest.startswith(GITLAB) else (newest, "", "0")
    del address.server.states[path].versions[int(version)]


def test_a_part_of_the_journal_that_is_missing(address: Address) -> None:
    backend = address.open()
    backend.append([b"x" * 70_000])
    backend.append([b"y"])
    lose_documents(address)
    with pytest.raises(DamagedState, match=r"a part of the journal of .* is missing"):
        backend.read_journal()


def test_a_snapshot_that_is_missing_is_damage_and_not_no_state(address: Address) -> None:
    store = Store(address.open(), "search", "dev")
    store.commit(store.commit(State("search", "dev")))
    lose_newest_document(address)
    with pytest.raises(DamagedState, match="is empty") as caught:
        store.load()
    assert "planner state restore 1 -e dev" in caught.value.advice
    with pytest.raises(StateError, match="has lost serial 2"):
        address.open().read_history(2)
    assert store.restore(1).serial == 3
    assert store.load().serial == 3


# --- a head that is authenticated --------------------------------------------------------------------------

KEY = base64.urlsafe_b64encode(bytes(32)).decode()
Told = dict[str, Any]


def sealed(address: Address, key: str = KEY, *, plain: bool = False) -> EncryptedBackend:
    keys = read_keys("dev", {"PLANNER_STATE_KEY": key})
    return EncryptedBackend(address.open(), keys, accepts_plain=plain)


def changed_head(address: Address, change: Callable[[Told], object]) -> None:
    versions = address.server.states[address.path].versions
    document = json.loads(versions[max(versions)])
    change(document["planner_state"])
    versions[max(versions)] = json.dumps(document).encode()


CHANGES: dict[str, Callable[[Told], object]] = {
    "an older snapshot": lambda told: told.update(present=told["kept"][-1]["key"]),
    "no snapshot": lambda told: told.update(present=None),
    "no journal": lambda told: told.update(lines={"text": ""}),
    "a shorter journal": lambda told: told["lines"].update(
        text=told["lines"]["text"].partition("\n")[0] + "\n"
    ),
    "a holder": lambda told: told.update(holder=attrs.asdict(ALICE)),
    "a shorter history": lambda told: told["kept"].pop(),
    "no mark": lambda told: told.pop("mark"),
    "a mark of nothing": lambda told: told.update(mark=5),
    "a mark that is cut": lambda told: told.update(mark=told["mark"][:-9]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_head_is_believed_as_it_was_written_with_the_key(address: Address, what: str) -> None:
    backend = sealed(address)
    for serial in (1, 2):
        backend.write_snapshot(content(serial), serial=serial, expected_serial=serial - 1)
    with backend.lock(BOB, 0):
        backend.append([b"one"])
        backend.append([b"two"])
    assert (sealed(address).read_snapshot(), sealed(address).read_journal()) == (content(2), [b"one", b"two"])
    changed_head(address, lambda _: None)  # a server may write it out again
    assert sealed(address).read_snapshot() == content(2)
    changed_head(address, CHANGES[what])
    for ask in (sealed(address).read_snapshot, sealed(address).read_journal, sealed(address).lock_holder):
        with pytest.raises(StateError, match=r"was altered|is not encrypted, though"):
            ask()
    with pytest.raises(StateError, match=r"was altered|is not encrypted, though"):
        sealed(address).append([b"three"])


def test_a_head_is_encrypted_and_decrypted_as_its_state_is(address: Address) -> None:
    write(address.open(), 1)
    with pytest.raises(StateError, match="is not encrypted, though"):
        sealed(address).read_snapshot()
    sealed(address, plain=True).write_snapshot(content(2), serial=2, expected_serial=1)
    assert sealed(address).read_snapshot() == content(2)
    for ask in (address.open().read_snapshot, address.open().read_journal, lambda: lock(address.open())):
        with pytest.raises(EncryptedState, match="is encrypted"):
            ask()
    other = base64.urlsafe_b64encode(bytes(range(32))).decode()
    with pytest.raises(EncryptedState, match="with another key"):
        sealed(address, other).read_snapshot()


# --- check ------------------------------------------------------------------------------------------------


def test_check(address: Address) -> None:
    backend = address.open()
    lines = backend.check()
    assert "lets anybody read, write and lock it" in lines[0]
    assert "planner lock break" in lines[1]
    assert (backend.read_snapshot(), backend.history(), backend.lock_holder()) == (None, [], None)
    assert documents(address) == []
    with backend.lock(ALICE, 0):
        assert str(ALICE) in address.open().check()[0]
        assert backend.lock_holder() == ALICE
    write(backend, 1)
    assert backend.check() == lines
    assert backend.read_snapshot() == content(1)


def test_check_finds_that_nothing_is_kept_beside_the_state(plain: Address) -> None:
    plain.server.fault = lambda asked, do: (
        Answer(404) if "-content-" in asked.path and asked.method == "GET" else do(asked)
    )
    with pytest.raises(StateError, match="does not keep a document beside it"):
        plain.open().check()
    plain.server.fault = None
    with plain.open().lock(ALICE, 0):
        pass


def test_check_makes_a_state_where_404_is_a_page(plain: Address) -> None:
    def with_pages(asked: Asked, do: Do) -> Answer:
        answer = do(asked)
        return Answer(404, PAGE) if answer.status == 404 else answer

    plain.server.fault = with_pages
    with pytest.raises(StateError, match="page for people"):
        plain.open().read_snapshot()
    plain.open().check()
    assert plain.open().read_snapshot() is None


# --- servers that do not tell states apart ----------------------------------------------------------------

SAME: dict[str, Callable[[Asked], str]] = {
    "by its query": lambda asked: f"/one/{asked.query['state']}",
    "in no way": lambda asked: "/one",
    "by its folder": lambda asked: asked.path.rpartition("/")[0],
    "by a name cut short": lambda asked: asked.path[:10],
}
FIRST: dict[str, Callable[[HttpBackend], object]] = {
    "init": lambda backend: backend.check(),
    "a lock": lambda backend: backend.lock(ALICE, 0).__enter__(),
    "a line": lambda backend: backend.append([b"two"]),
    "a snapshot": lambda backend: backend.write_snapshot(content(1), serial=1, expected_serial=0),
    "no journal": lambda backend: backend.clear_journal(),
}


@pytest.mark.parametrize("checks_ids", [True, False])
@pytest.mark.parametrize("told", SAME)
def test_a_server_with_one_document_is_refused_before_anything_is_written_over(
    server: StateServer, told: str, checks_ids: bool
) -> None:
    place = Address(server, "/states/production.json?type=git&state=prod.json")

    def same(asked: Asked, do: Do) -> Answer:
        return do(evolve(asked, path=SAME[told](asked)))

    server.checks_ids, server.fault = checks_ids, same
    place.open().read_snapshot()
    (path,) = server.states
    for lines in ([], [b"one"]):  # as a planner left them that did not look
        if lines:
            head = Head(serial=9, write_id="former", lines=b"one\n")
            server.states[path].versions[0] = encode_head(head)
        for what in FIRST if lines else [name for name in FIRST if name != "no journal"]:
            with pytest.raises(StateError, match="at an address where none was written") as caught:
                FIRST[what](place.open())
            assert "-content" in caught.value.advice
            assert (place.open().read_journal(), place.open().read_snapshot()) == (lines, None)
            assert server.states[path].lock is None
    assert not [asked for asked in server.asked if "-content" in asked.path and asked.method != "GET"]


@pytest.mark.parametrize("forgotten", ["the head", "what is beside it"])
@pytest.mark.parametrize("what", [name for name in FIRST if name != "no journal"])
def test_the_first_write_is_read_back(plain: Address, what: str, forgotten: str) -> None:
    """The server says that it wrote, and did not."""

    def forgetful(asked: Asked, do: Do) -> Answer:
        is_head = asked.path == plain.path
        return Answer(200) if asked.method == "POST" and is_head == (forgotten == "the head") else do(asked)

    plain.server.fault = forgetful
    with pytest.raises(StateError, match=r"with another document than before|does not keep a document"):
        FIRST[what](plain.open())
    assert plain.server.states[plain.path].lock is None
    plain.server.fault = None
    assert (plain.open().read_journal(), plain.open().read_snapshot()) == ([], None)


@pytest.mark.parametrize("path", ["", "/", "?state=x", "/?state=x"])
def test_a_state_at_the_root_of_a_server(server: StateServer, path: str) -> None:
    place = Address(server, path)
    place.open().check()
    write(place.open(), 1, 2)
    assert place.open().read_history(1) == content(1)
    assert all(asked.path.startswith("/") for asked in server.asked)


def test_what_is_tried_out_once_is_not_tried_again(address: Address) -> None:
    write(address.open(), 1)
    address.server.asked.clear()
    with address.open().lock(ALICE, 0):
        pass
    assert len(address.server.asked) == 7, "lock, the head twice, its name, the head, no name, unlock"
