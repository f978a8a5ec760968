"""The journal: a group of lines is an object at the next position, which is given once and to one writer.

A writer that finds its position taken has lost its lock, or somebody writes without one; it asks who holds
the lock before it looks for another. So one object at the next position keeps a former holder out for good:
it writes at no other.

What an object says ends with its last newline. Two kinds hold no line:

- an empty one: everything before it is forgotten. Forgetting is that one write; deleting what was forgotten
  follows, and may be left to the next who forgets.
- a fence (`_FENCE`), which only takes a position. It is kept for an hour after it was forgotten, as its
  position would be free again without it. By then the former holder has long stopped by its own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from planner.errors import StateError
from planner.state.s3.bucket import ATTEMPTS, NOTHING, Bucket, Changed, Listed

Confirm = Callable[[], None]
"""Ask the place who holds the lock; raises StateError when that is another."""

_FENCE: Final = b"fence"
_FENCES_LAST: Final = 3600.0


class Log:
    """prefix: of the keys of its objects. confirm: None for a writer without a lock, which is for tools."""

    def __init__(self, bucket: Bucket, prefix: str, shown: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._shown = shown
        self._next: int | None = None
        self._known: dict[int, tuple[str, bytes]] = {}

    def append(self, lines: Sequence[bytes], confirm: Confirm | None) -> None:
        self._add(b"".join(line + b"\n" for line in lines), confirm)

    def read(self) -> list[bytes]:
        for _ in range(ATTEMPTS):
            bodies = self._bodies(_present(self._listing()))
            if bodies is not None:
                return [line for body in bodies for line in body.split(b"\n")[:-1]]
        raise self._restless("read")

    def clear(self, confirm: Confirm | None) -> None:
        listed = self._listing()
        if _present(listed):
            self._add(b"", confirm)
            self._known.clear()
        elif confirm is not None:
            confirm()
        self._discard(listed if _present(listed) else listed[:-1])

    def fence(self, confirm: Confirm | None) -> None:
        """Keep out whoever wrote before."""
        self.forget_position()
        self._add(_FENCE, confirm)

    def forget_position(self) -> None:
        """Look for the next position again, as another may have written since."""
        self._next = None

    def _add(self, body: bytes, confirm: Confirm | None) -> None:
        for _ in range(ATTEMPTS):
            position = self._position(confirm)
            self._next = None  # whatever fails: another may have it by then
            try:
                etag = self._bucket.put(self._key(position), body, over=NOTHING)
            except Changed:
                continue
            self._next = None if confirm is None else position + 1
            self._known[position] = (etag, body)
            return
        raise self._restless("written")

    def _position(self, confirm: Confirm | None) -> int:
        """Listed first, then confirmed: so no other holder's fence was there when it was listed."""
        if self._next is not None and confirm is not None:
            return self._next
        listed = self._listing()
        if confirm is not None:
            confirm()
        return int(listed[-1].name) + 1 if listed else 1

    def _listing(self) -> list[Listed]:
        return [item for item in self._bucket.listing(self._prefix) if item.name.isdecimal()]

    def _key(self, position: int) -> str:
        return f"{self._prefix}{position:010d}"

    def _bodies(self, listed: Sequence[Listed]) -> list[bytes] | None:
        """None when one of them was deleted meanwhile, or is not the one that was listed."""
        new = [item for item in listed if self._known.get(int(item.name), ("",))[0] != item.etag]
        for item, found in zip(new, self._bucket.get_all([self._prefix + i.name for i in new]), strict=True):
            if found is None or found.etag != item.etag:
                return None
            self._known[int(item.name)] = (found.etag, found.body)
        return [self._known[int(item.name)][1] for item in listed]

    def _restless(self, doing: str) -> StateError:
        return StateError(f"the journal of {self._shown} changes faster than it can be {doing}")

    def _discard(self, forgotten: Sequence[Listed]) -> None:
        self._bucket.discard([self._prefix + item.name for item in forgotten if not _is_fresh_fence(item)])


def _present(listed: Sequence[Listed]) -> Sequence[Listed]:
    """What follows the last that says to forget."""
    cuts = [number for number, item in enumerate(listed, 1) if item.size == 0]
    return listed[cuts[-1] if cuts else 0 :]


def _is_fresh_fence(item: Listed) -> bool:
    """By its size, as a listing does not tell more; a group of that size is kept as well, and forgotten."""
    return item.size == len(_FENCE) and (item.age is None or item.age < _FENCES_LAST)
