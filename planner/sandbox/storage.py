"""The SQLite file behind the sandbox, and the request log beside it.

One connection per process, transactions right across processes. Beside `<data>` lie SQLite's own `-wal` and
`-shm` and the folder `<data>.files` (uploaded archives and the request log). `:memory:` keeps the database in
memory and the folder in a temporary place that goes with the app.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NotRequired, TypedDict

import orjson

MEMORY = ":memory:"
SCHEMA_VERSION = 3
BUSY_SECONDS = 30.0

OBJECTS = """
CREATE TABLE IF NOT EXISTS object (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, parent TEXT NOT NULL, id TEXT NOT NULL,
  body TEXT NOT NULL, resource_version INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
  UNIQUE (kind, parent, id));
CREATE TABLE IF NOT EXISTS seed (digest TEXT PRIMARY KEY) WITHOUT ROWID;
"""
SCHEMA = """
CREATE TABLE IF NOT EXISTS extension (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  extension_type TEXT NOT NULL, version TEXT NOT NULL, description TEXT, download_url TEXT,
  file_size INTEGER, file_modified TEXT, file_sha256 TEXT, file_token TEXT, owner TEXT,
  resource_version INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deployment (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, alias TEXT,
  resources TEXT NOT NULL, stopped INTEGER NOT NULL DEFAULT 0, request_id TEXT UNIQUE,
  details TEXT NOT NULL DEFAULT '{}',
  resource_version INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS extension_use (
  url TEXT NOT NULL, deployment_id TEXT NOT NULL, PRIMARY KEY (url, deployment_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (
  token_sha256 TEXT PRIMARY KEY, user_name TEXT NOT NULL, expires TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
  id INTEGER PRIMARY KEY, spec TEXT NOT NULL,
  seen INTEGER NOT NULL DEFAULT 0, fired INTEGER NOT NULL DEFAULT 0);
"""
OWNERS = """
ALTER TABLE extension ADD COLUMN owner TEXT;
ALTER TABLE deployment ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
"""
UPGRADES = {1: OWNERS, 2: OBJECTS}
"""What the next version has more than each."""
LOCAL_SCHEMA = """
CREATE TEMP TABLE local_fault (
  id INTEGER PRIMARY KEY, spec TEXT NOT NULL,
  seen INTEGER NOT NULL DEFAULT 0, fired INTEGER NOT NULL DEFAULT 0);
"""
LOG_NAME = "requests.log"
# Past this the log starts over when a sandbox is opened.
LOG_BYTES = 32 * 1024 * 1024
TABLES = ("extension", "deployment", "extension_use", "session", "fault", "object", "seed")


class SandboxError(Exception):
    """The data file cannot serve as a sandbox; the message says which file, why, and what to do."""


class Storage:
    """Reads and writes under one lock; a write is one BEGIN IMMEDIATE transaction, undone by an exception.

    Both raise ConnectionResetError once it is closed: requests may be on their way then. SandboxError where
    SQLite cannot go on, as with a file that was damaged.
    """

    def __init__(self, data: str | Path) -> None:
        self._lock = threading.RLock()
        self._data = data
        self._db = _open(data)
        self.folder, temporary = _folder(data)
        self._finalizer = weakref.finalize(self, _release, self._db, self.folder if temporary else None)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if not self._finalizer.alive:
                raise ConnectionResetError("the sandbox was closed")
            try:
                yield self._db
            except sqlite3.IntegrityError:  # of what is written, not of the file
                raise
            except sqlite3.DatabaseError as error:
                raise _unusable(self._data, error) from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        with self.read() as db, db:
            db.execute("BEGIN IMMEDIATE")
            yield db

    def clear(self) -> None:
        with self.write() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the constant above
        for path in self.folder.iterdir():
            # The log is emptied, not removed: other processes have it open.
            if path.name == LOG_NAME:
                os.truncate(path, 0)
            else:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            self._finalizer()


def _release(db: sqlite3.Connection, temporary: Path | None) -> None:
    db.close()
    if temporary is not None:
        shutil.rmtree(temporary, ignore_errors=True)


def _folder(data: str | Path) -> tuple[Path, bool]:
    if str(data) == MEMORY:
        return Path(tempfile.mkdtemp(prefix="sandbox-")), True
    folder = Path(f"{data}.files")
    folder.mkdir(mode=0o700, exist_ok=True)
    _keep_to_owner(folder, 0o700)
    return folder, False


def _keep_to_owner(path: Path, mode: int) -> None:
    """What was made by another program, or copied here, may be open to others."""
    with suppress(FileNotFoundError, PermissionError):
        if path.stat().st_mode & 0o777 != mode:
            path.chmod(mode)


def _make_private(folder: Path) -> None:
    """folder exists; what had to be made is for its owner only: the state may come to lie in it."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _open(data: str | Path) -> sqlite3.Connection:
    if str(data) != MEMORY:
        _make_file(Path(data))
    try:
        # Several threads share the connection; Storage's lock keeps them apart.
        db = sqlite3.connect(data, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(db, data)
        except BaseException:
            db.close()
            raise
    except (sqlite3.DatabaseError, SandboxError) as error:
        raise _unusable(data, error) from error
    return db


def _unusable(data: str | Path, error: Exception) -> SandboxError:
    return SandboxError(f"{data} is not usable as a sandbox: {error}. Remove it or name another file.")


def _make_file(data: Path) -> None:
    """Makes the file before SQLite would, so that it is private at once; -wal and -shm take its mode.

    One that is there is not opened: whoever closes a file gives up all locks that the process has on it, and
    another connection of this process may rely on them.
    """
    _make_private(data.parent)
    if not data.exists():
        os.close(os.open(data, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(db: sqlite3.Connection, data: str | Path) -> None:
    db.row_factory = sqlite3.Row
    # Asked before anything is written: the file of another program stays as it is.
    new = _is_new(db)
    if str(data) != MEMORY:
        for end in ("", "-wal", "-shm"):
            _keep_to_owner(Path(f"{data}{end}"), 0o600)
    _wal(db)
    # NORMAL under WAL: a killed process loses nothing; only a power cut may lose the last writes.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA temp_store = MEMORY")
    if new:
        db.executescript(f"BEGIN IMMEDIATE;{SCHEMA}{OBJECTS}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")
    _upgrade(db)
    db.executescript(LOCAL_SCHEMA)


def _wal(db: sqlite3.Connection) -> None:
    """Changing the journal mode does not wait for another process that does the same, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _upgrade(db: sqlite3.Connection) -> None:
    if _version(db) == SCHEMA_VERSION:
        return
    with db:
        db.execute("BEGIN IMMEDIATE")
        # Another process may have done it meanwhile.
        for version in range(_version(db), SCHEMA_VERSION):
            for statement in UPGRADES[version].strip().removesuffix(";").split(";"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _is_new(db: sqlite3.Connection) -> bool:
    version = _version(db)
    if version in (*UPGRADES, SCHEMA_VERSION):
        return False
    # A second look under the write lock follows, by IF NOT EXISTS; here only strangers are turned away.
    names = {row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version == 0 and names <= {*TABLES, "sqlite_sequence"}:
        return True
    raise SandboxError("it is a database of another program or of another format")


def reset(data: str | Path) -> None:
    """Empty a sandbox: all that it holds, its sessions, faults and the request log.

    Servers that have it open go on with the empty one. A file that does not exist stays so. Raises
    SandboxError where the file is something else.
    """
    if str(data) == MEMORY or not Path(data).exists():
        return
    storage = Storage(data)
    try:
        storage.clear()
    finally:
        storage.close()


class Entry(TypedDict):
    """`status` is None where a fault broke the connection; `fault` is the spec of the last one that fired."""

    time: str
    method: str
    path: str
    query: str
    status: int | None
    fault: NotRequired[str]


class RequestLog:
    """One JSON line per API request. Headers and bodies are never written, so no credential is.

    A file and not a table: an append is a few microseconds, whole lines from several processes do not mix,
    and it is there after a kill.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG_NAME
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, os.close, self._fd)
        if os.fstat(self._fd).st_size > LOG_BYTES:
            self.clear()

    def append(self, entry: Entry) -> None:
        """Nothing once it is closed: the number of its file may be another file's by then."""
        line = orjson.dumps(entry) + b"\n"
        with self._lock:
            if self._finalizer.alive:
                os.write(self._fd, line)

    def entries(self) -> list[Entry]:
        with self._path.open("rb") as lines:
            # A line without its end is still being written.
            return [orjson.loads(line) for line in lines if line.endswith(b"\n")]

    def clear(self) -> None:
        os.ftruncate(self._fd, 0)

    def close(self) -> None:
        with self._lock:
            self._finalizer()
