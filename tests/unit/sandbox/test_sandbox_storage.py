from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from planner.sandbox import Credentials, SandboxError, create_app, reset

from .caller import EXTENSIONS, Caller, archive

WRITER = """
import sys
from werkzeug.test import Client
from planner.sandbox import create_app
app = create_app(sys.argv[1])
client = Client(app)
body = {"name": "x", "extension_type": "bundle", "version": "8.*"}
for number in range(int(sys.argv[2])):
    headers = {"Authorization": "ApiKey k"}
    reply = client.post("/api/v1/deployments/extensions", json=body, headers=headers)
    print(reply.json["id"], flush=True)
sys.stdin.read()
app.close()
"""
RECEIVER = """
import sys
from pathlib import Path
from planner.sandbox import create_app
from planner.sandbox.archives import Archives
with create_app(sys.argv[1]), Archives(Path(sys.argv[1] + ".files")).incoming(100) as incoming:
    incoming.write(b"PK")
    print(incoming.path, flush=True)
    sys.stdin.read()
"""


def writer(data: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(data), str(count)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_the_data_outlives_the_app(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "er" / "ece.db"
    with create_app(data) as app:
        extension_id = Caller(app).create(description="words")
        Caller(app).upload(extension_id, archive())
    with create_app(str(data)) as app:
        ece = Caller(app)
        found = ece.json("GET", f"{EXTENSIONS}/{extension_id}")
        assert found["description"] == "words"
        assert ece.raw("GET", found["file_metadata"]["url"]).data == archive()
        assert len(ece.raw("GET", "/sandbox/requests").json["requests"]) == 3


def test_the_data_is_private(tmp_path: Path) -> None:
    with create_app(tmp_path / "ece.db") as app:
        Caller(app).create()
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"ece.db": 0o600, "ece.db-wal": 0o600, "ece.db-shm": 0o600, "ece.db.files": 0o700}


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640])
def test_data_that_others_may_read_becomes_private(tmp_path: Path, mode: int) -> None:
    """As after a copy, or a clone."""
    with create_app(tmp_path / "ece.db") as app:
        Caller(app).create()
    for path in tmp_path.iterdir():
        path.chmod(mode | 0o111 if path.is_dir() else mode)
    test_the_data_is_private(tmp_path)


def test_what_a_killed_process_had_not_kept_yet_goes_with_the_next(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with subprocess.Popen(
        [sys.executable, "-c", RECEIVER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        incoming = Path(process.stdout.readline().strip())
        with create_app(data):
            assert incoming.exists(), "another process is writing it"
        process.send_signal(signal.SIGKILL)
    assert incoming.exists()
    with create_app(data):
        assert [path.name for path in incoming.parent.iterdir()] == ["requests.log"]


def test_memory_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with create_app(":memory:") as app:
        ece = Caller(app)
        ece.upload(ece.create(), archive())
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_two_apps_in_memory_have_nothing_in_common() -> None:
    with create_app(":memory:") as one, create_app(":memory:") as two:
        Caller(one).create()
        assert Caller(two).json("GET", EXTENSIONS) == {"extensions": []}


def test_threads_share_an_app(tmp_path: Path) -> None:
    with create_app(tmp_path / "ece.db") as app, ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda number: Caller(app).create(name=f"e{number}"), range(100)))
        path = f"{EXTENSIONS}/{ids[0]}"
        body = {"name": "x", "extension_type": "bundle", "version": "8.*"}
        replies = list(pool.map(lambda _: Caller(app)("POST", path, json=body), range(50)))
        versions = sorted(int(reply.headers["x-cloud-resource-version"]) for reply in replies)
        assert len(set(ids)) == len(Caller(app).json("GET", EXTENSIONS)["extensions"]) == 100
        assert versions == list(range(2, 52))


def test_processes_share_the_data_and_may_be_killed(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    writers = [writer(data, 50) for _ in range(2)]
    ids = []
    for process in writers:
        with process:
            assert process.stdout is not None
            ids += [process.stdout.readline().strip() for _ in range(50)]
            process.send_signal(signal.SIGKILL)
    with create_app(data) as app:
        listed = Caller(app).json("GET", EXTENSIONS)["extensions"]
    assert sorted(extension["id"] for extension in listed) == sorted(ids)


def opened(data: Path) -> None:
    create_app(data).close()


def read_only(data: Path) -> None:
    with create_app(data) as app:
        Caller(app).json("GET", EXTENSIONS)


@pytest.mark.seldom(again=[read_only, reset])
@pytest.mark.parametrize("again", [opened, read_only, reset])
def test_opening_it_again_in_one_process_takes_no_lock_from_it(
    tmp_path: Path, again: Callable[[Path], None]
) -> None:
    """Another process that comes and goes would take itself for the last one, and clear away what is open."""
    data = tmp_path / "ece.db"
    with create_app(data) as app:
        Caller(app).create()
        again(data)
        with writer(data, 1) as other:
            other.communicate()
        Caller(app).create(name="later")
        with writer(data, 1) as other:
            other.communicate()
        listed = Caller(app).json("GET", EXTENSIONS)["extensions"]
    with create_app(data) as app:
        assert Caller(app).json("GET", EXTENSIONS)["extensions"] == listed
    assert len(listed) == 3 + (again is not reset)


def test_reset_empties_it_for_those_who_have_it_open(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data) as app:
        ece = Caller(app)
        extension_id = ece.create()
        ece.upload(extension_id, archive())
        ece.deploy(f"repo://{extension_id}")
        ece.raw("POST", "/sandbox/faults", json="GET /user 500")
        reset(data)
        assert ece.raw("GET", "/sandbox/requests").json == {"requests": []}
        assert ece.raw("GET", "/sandbox/faults").json == {"faults": []}
        assert ece.json("GET", EXTENSIONS) == {"extensions": []}
        assert ece.json("GET", "/deployments") == {"deployments": []}
        assert [path.name for path in (tmp_path / "ece.db.files").iterdir()] == ["requests.log"]
        ece.create()
        assert len(ece.raw("GET", "/sandbox/requests").json["requests"]) == 3


VERSION_1 = """
CREATE TABLE extension (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  extension_type TEXT NOT NULL, version TEXT NOT NULL, description TEXT, download_url TEXT,
  file_size INTEGER, file_modified TEXT, file_sha256 TEXT, file_token TEXT,
  resource_version INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL);
CREATE TABLE deployment (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, alias TEXT,
  resources TEXT NOT NULL, stopped INTEGER NOT NULL DEFAULT 0, request_id TEXT UNIQUE,
  resource_version INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL);
CREATE TABLE extension_use (
  url TEXT NOT NULL, deployment_id TEXT NOT NULL, PRIMARY KEY (url, deployment_id)) WITHOUT ROWID;
CREATE TABLE session (
  token_sha256 TEXT PRIMARY KEY, user_name TEXT NOT NULL, expires TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE fault (
  id INTEGER PRIMARY KEY, spec TEXT NOT NULL,
  seen INTEGER NOT NULL DEFAULT 0, fired INTEGER NOT NULL DEFAULT 0);
INSERT INTO extension VALUES (1, '1234567890', 'words', 'bundle', '*', NULL, NULL, NULL, NULL, NULL, NULL, 3,
  '2024-05-01T10:20:30.000Z', '2024-05-01T10:20:30.000Z');
INSERT INTO deployment VALUES (1, 'd', 'shop', NULL, '{}', 0, NULL, 1, '2024-05-01T10:20:30.000Z',
  '2024-05-01T10:20:30.000Z');
PRAGMA user_version = 1;
"""


VERSION_2 = f"""
{VERSION_1}
ALTER TABLE extension ADD COLUMN owner TEXT;
ALTER TABLE deployment ADD COLUMN details TEXT NOT NULL DEFAULT '{{}}';
PRAGMA user_version = 2;
"""


@pytest.mark.parametrize("version", [VERSION_1, VERSION_2], ids=["1", "2"])
def test_the_data_of_an_earlier_version_is_taken_along(tmp_path: Path, version: str) -> None:
    db = sqlite3.connect(tmp_path / "ece.db")
    db.executescript(version)
    db.close()
    credentials = Credentials({"some-key": "ann"})
    for _ in range(2):
        with create_app(tmp_path / "ece.db", credentials=credentials) as app:
            ece = Caller(app)
            assert ece.json("GET", f"{EXTENSIONS}/1234567890")["name"] == "words"
            assert ece.json("GET", "/deployments/d")["name"] == "shop"
            ece.upload("1234567890", archive())
            ece.create()
            assert ece("PUT", "/phone-home/config", json={"enabled": False}).status_code == 200


def test_reset_makes_nothing(tmp_path: Path) -> None:
    reset(tmp_path / "ece.db")
    reset(":memory:")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"this is no database, and long enough to be sure of it" * 20, None])
def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path, content: bytes | None) -> None:
    data = tmp_path / "ece.db"
    if content is None:
        db = sqlite3.connect(data)
        db.execute("CREATE TABLE other (x)")
        db.close()
    else:
        data.write_bytes(content)
    before = data.read_bytes()
    for opened in (create_app, reset):
        with pytest.raises(SandboxError, match="not usable as a sandbox") as caught:
            opened(data)
        assert str(data) in str(caught.value)
    assert data.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["ece.db"]


def test_a_request_that_is_on_its_way_when_the_sandbox_closes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It breaks off without a word, and writes to no file that another one may have opened since."""
    app = create_app(tmp_path / "ece.db", faults=["GET ** delay:1"], sleep=lambda _seconds: app.close())
    with pytest.raises(ConnectionResetError):
        Caller(app)("GET", EXTENSIONS)
    assert (tmp_path / "ece.db.files" / "requests.log").read_bytes() == b""
    assert not caplog.records


DAMAGE: dict[str, str] = {
    "the extensions": "DROP TABLE extension",
    "the faults": "DROP TABLE fault",
    "a fault that is none": "INSERT INTO fault (spec) VALUES ('nothing')",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_data_that_was_damaged_is_answered(tmp_path: Path, what: str) -> None:
    """As whatever else a server does not expect, not by an exception of SQLite's."""
    data = tmp_path / "ece.db"
    with create_app(data) as app:
        Caller(app).create()
        db = sqlite3.connect(data)
        db.execute(DAMAGE[what])
        db.commit()
        db.close()
        reply = Caller(app)("GET", EXTENSIONS)
    assert reply.status_code == 500
    assert [error["code"] for error in reply.json["errors"]] == ["root.internal_server_error"]


def test_pages_that_are_no_pages(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data) as app:
        Caller(app).create()
    content = data.read_bytes()
    data.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with create_app(data) as app:
        reply = Caller(app)("GET", EXTENSIONS)
    assert reply.status_code == 500
    assert f"{data} is not usable as a sandbox" in reply.json["errors"][0]["message"]
    with pytest.raises(SandboxError, match="Remove it or name another file"):
        reset(data)
