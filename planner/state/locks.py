"""Who works on an environment, and waiting until nobody does."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from attrs import asdict, field, fields, frozen

from planner.errors import LockHeld, StateError
from planner.model.redaction import WORD
from planner.state.document import loads

_POLL: Final = 0.1
_GRACE: Final = 3
_GRACE_POLL: Final = 0.01


@frozen
class Holder:
    """id: made for this one lock. who: the user. since: ISO 8601 in UTC. operation: "apply", ..."""

    id: str = field(metadata=WORD)
    who: str
    host: str
    pid: int
    operation: str
    since: str = field(metadata=WORD)

    def __str__(self) -> str:
        return f"{self.who} on {self.host} (process {self.pid}), {self.operation} since {self.since}"


def not_locked_as(holder_id: str, shown: str, holder: Holder | None) -> StateError:
    """Why a lock is not broken: holder has it, or nobody."""
    now = "nobody holds it" if holder is None else f"it is held by {holder}, as {holder.id}"
    return StateError(f"{shown} is not locked as {holder_id}: {now}")


def utc_now() -> str:
    """ "2025-01-31T12:00:00Z"."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def this_process(operation: str, *, holder_id: str, since: str) -> Holder:
    """The holder that this process would be."""
    return Holder(holder_id, _user(), socket.gethostname(), os.getpid(), operation, since)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in many containers
        return f"uid {os.getuid()}"


def encode_holder(holder: Holder) -> bytes:
    """One JSON object, with a newline; all of it ASCII, which every place can keep, whatever its encoding."""
    return f"{json.dumps(asdict(holder), separators=(',', ':'))}\n".encode()


def decode_holder(data: bytes) -> Holder | None:
    """None when data is not what `encode_holder` makes: who holds a lock is information, never a proof."""
    try:
        return holder_in(loads(data))
    except ValueError:
        return None


def holder_in(told: Any) -> Holder:
    """The holder that a lock tells. What a newer planner tells beside that is left out. ValueError."""
    try:
        return Holder(**{item.name: told[item.name] for item in fields(Holder)})
    except (TypeError, KeyError) as error:
        raise ValueError(f"it names no holder: {error}") from error


@frozen
class Patience:
    """How long to wait for a lock. timeout: seconds, 0: not at all. monotonic: a clock, in seconds.

    poll: seconds between attempts; more where an attempt costs a round trip.
    """

    timeout: float
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    poll: float = _POLL


def wait_for_lock(
    attempt: Callable[[], bool], holder: Callable[[], Holder | None], shown: str, patience: Patience
) -> None:
    """Try until attempt() succeeds. LockHeld when it has not in time.

    A few attempts more, milliseconds apart, follow in any case: whoever took the lock for an instant was
    only looking, or is about to say who it is.
    """
    deadline, grace = patience.monotonic() + patience.timeout, _GRACE
    while not attempt():
        left = deadline - patience.monotonic()
        if left > 0:
            patience.sleep(min(patience.poll, left))
        elif grace > 0:
            grace -= 1
            patience.sleep(_GRACE_POLL)
        else:
            raise _held(shown, holder())


def _held(shown: str, holder: Holder | None) -> LockHeld:
    if holder is None:
        return LockHeld(
            f"{shown} is locked by another process", advice="Wait for it with --lock-timeout SECONDS."
        )
    return LockHeld(
        f"{shown} is locked by {holder}",
        advice="Wait for it with --lock-timeout SECONDS, look at it with `planner lock show`, "
        f"or, if it is certainly dead, free it with `planner lock break {holder.id}`.",
    )
