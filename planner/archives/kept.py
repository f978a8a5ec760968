"""What was found in archives, kept from one command to the next: an archive that stays is not read again.

By content and by the rules, so that it is true wherever the archive lies. It may be deleted at any time, and
nothing is lost when it cannot be read or written. Who made the project's files may have put anything in its
place: no link is followed to write, and what waits or never ends is not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, TypeVar

import orjson
from attrs import define, field

from planner.links import open_regular

T = TypeVar("T")

FOLDER: Final = ".archives"
_FILE: Final = "findings.json"
_MOST: Final = 20_000
_LARGEST: Final = 16 * 1024 * 1024


@cache
def rules_version() -> str:
    """Another one whenever the code is that looks into archives, or cryptography is there to decrypt them."""
    digest = hashlib.sha256(b"decrypts" if find_spec("cryptography") else b"")
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@define
class Kept:
    """Findings by use and sha256. state: the project's folder of local states, None to keep nothing.

    Where there is no such folder nothing is kept either: a look at a project leaves nothing behind. Two
    commands at a time may each write what they found; one of them finds it again next time.
    """

    state: Path | None = None
    _found: dict[str, Any] | None = field(default=None, init=False, repr=False)
    _used: dict[str, Any] = field(factory=dict, init=False, repr=False)
    _is_behind: bool = field(default=False, init=False)

    def get(self, use: str, sha256: str, read: Callable[[Any], T]) -> T | None:
        """What was put there, read; None when there is nothing that can be."""
        if self._found is None:
            self._found = self._load()
        key = f"{use}:{sha256}"
        with suppress(LookupError, TypeError, ValueError):
            item = read(self._found[key])
            self._used[key] = self._found[key]
            return item
        return None

    def put(self, use: str, sha256: str, document: object) -> None:
        self._used[f"{use}:{sha256}"] = document
        self._is_behind = True

    def close(self) -> None:
        """Writes what was put, if anything was; what was not used goes first where there is too much."""
        if self.state is None or not self._is_behind or not self.state.is_dir():
            return
        folder = self.state / FOLDER
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            if not folder.is_symlink():
                _replace(folder / ".gitignore", b"*\n")
                _replace(folder / _FILE, self._document())
        self._is_behind = False

    def _document(self) -> bytes:
        others = ((key, item) for key, item in (self._found or {}).items() if key not in self._used)
        found = dict([*chain(self._used.items(), others)][:_MOST])
        while len(data := orjson.dumps({"rules": rules_version(), "found": found})) > _LARGEST:
            found = dict([*found.items()][: len(found) // 2])
        return data

    def _load(self) -> dict[str, Any]:
        if self.state is None:
            return {}
        with suppress(OSError, ValueError, LookupError, TypeError):
            with open_regular(self.state / FOLDER / _FILE) as file:
                data = file.read(_LARGEST + 1)
            document = orjson.loads(data if len(data) <= _LARGEST else b"")
            if document["rules"] == rules_version():
                orjson.dumps(document)  # it reads what nests deeper than it writes
                return {**document["found"]}
        return {}


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all, for whoever reads it meanwhile."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as target:
        try:
            target.write(data)
            target.flush()
            Path(target.name).replace(path)
        except BaseException:
            Path(target.name).unlink()
            raise
