"""A snapshot: one State as a JSON document (schemas/state.schema.json), and what can be wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import orjson

from planner.errors import DamagedState
from planner.model.codec import decode_state, encode_state
from planner.model.state import State
from planner.state.document import BadDocument, Format, Migration
from planner.state.redaction import Redact, keep

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""Format version -> a function to the next. A new version adds a line here, and no reader changes."""

FORMAT: Final = Format("state", 1, MIGRATIONS)

_UPGRADE: Final = "Use the planner that wrote it, or a newer one."


def dump(state: State, redact: Redact = keep) -> bytes:
    """state as an indented JSON document, its resources sorted by address."""
    return FORMAT.write(redact(encode_state(state)))


def parse(data: bytes, *, shown: str, project: str, environment: str, known: Format = FORMAT) -> State:
    """The state in data. DamagedState: shown and what is wrong with it, without advice where there is none.

    shown: how messages name the place. project, environment: whose state it has to be.
    """
    try:
        state = _state_in(data, known)
    except BadDocument as error:
        raise DamagedState(f"{shown} {error}", advice=_UPGRADE if error.newer else "") from error
    except ValueError as error:
        raise DamagedState(f"{shown} does not follow the format: {error}") from error
    _check_owner(state, shown, project, environment)
    return state


@lru_cache(maxsize=1)
def _state_in(data: bytes, known: Format) -> State:
    """A command reads its snapshot two or three times, and what it says does not change by that."""
    return decode_state(known.read(data))


def _check_owner(state: State, shown: str, project: str, environment: str) -> None:
    for what, found, wanted in (
        ("project", state.project, project),
        ("environment", state.environment, environment),
    ):
        if found != wanted:
            raise DamagedState(
                f"{shown} is the state of the {what} {found}, not {wanted}",
                advice=f"Give each {what} a `state` of its own in planner.yaml.",
            )


def serial_of(data: bytes) -> int | None:
    """The serial of a snapshot, without any further check; None when data is not one."""
    try:
        serial = orjson.loads(data)["serial"]
    except (ValueError, TypeError, KeyError):
        return None
    return serial if type(serial) is int else None
