"""A PostgreSQL server of the tests' own, started when the first test asks for it, gone with the process.

It is Debian's package `postgresql` (PLANNER_TEST_POSTGRES names a folder of binaries elsewhere). It refuses
to run as root, who starts it as the user postgres. The kernel ends it when the tests are killed.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from attrs import define

from .timing import PATIENCE, wait_until

# Roles for what can go wrong at the door, then anybody from here. Asynchronous commits, written out rarely:
# what has to be durable has to ask for it.
_ACCESS = """
host    all with_password all scram-sha-256
hostssl all only_ssl      all trust
host    all only_ssl      all reject
local   all all               trust
host    all all           all trust
"""
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 32MB
synchronous_commit = off
wal_writer_delay = 10s
autovacuum = off
"""


@define
class Server:
    """A running server; folder holds its data."""

    binaries: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def url(self, user: str = "planner", database: str = "postgres", **options: str) -> str:
        """Of a schema that no other test uses, unless options name one."""
        options = {"schema": f"state_{next(_NUMBERS)}", **options}
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?{query}"

    def age(self, url: str, seconds: float) -> None:
        """The leases in the schema of that URL end so much earlier, if there are any."""
        plain, _, schema = url.partition("?schema=")
        statement = f"UPDATE {schema}.locks SET expires = expires - %s * interval '1 second'"  # noqa: S608
        absent = (psycopg.OperationalError, psycopg.errors.UndefinedTable)  # the server, or the lease
        with suppress(*absent), psycopg.connect(plain) as admin:
            admin.execute(statement, [seconds])

    def start(self) -> None:
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            # its own session: a Ctrl-C in the terminal is for the tests to answer
            self.process = subprocess.Popen(
                [*_unprivileged("--pdeathsig", "INT"), *command],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        wait_until(self._accepts)

    def _accepts(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()
        ready = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def crash(self) -> None:
        """As when the power goes: nothing is written out any more, and the next start has to recover."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None


_NUMBERS = itertools.count(1)


def binaries() -> Path | None:
    """The folder with initdb and postgres."""
    named = os.environ.get("PLANNER_TEST_POSTGRES")
    on_path = shutil.which("postgres")
    folders = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path and not named:
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@functools.cache
def server() -> Server:
    """The one of this process. Skips the test where there is none to be had."""
    found = binaries()
    if found is None:
        pytest.skip("there is no PostgreSQL server here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="planner-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if os.getuid() == 0:
        user = _user()
        os.chown(folder, user.pw_uid, user.pw_gid)
    _make(found, folder / "data", folder)
    made = Server(found, folder, _free_port())
    atexit.register(made.stop)
    made.start()
    return made


def _make(found: Path, data: Path, folder: Path) -> None:
    options = ["-U", "planner", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    command = [*_unprivileged(), str(found / "initdb"), "-D", str(data), *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (data / "pg_hba.conf").write_text(_ACCESS)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS)


def _user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("the PostgreSQL server does not run as root, and there is no user postgres")


def _unprivileged(*options: str) -> list[str]:
    """What goes before a command, so that it does not run as root."""
    who = []
    if os.getuid() == 0:
        user = _user()
        who = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *who, *options] if who or options else []


def _free_port() -> int:
    """None that the system gives to connections: while the server is stopped, one could get its port.

    Nor does another process of the tests: an abstract socket of that name is there as long as this one.
    """
    while True:
        port = random.randrange(15_000, 30_000)  # noqa: S311 - no secret
        mark = socket.socket(socket.AF_UNIX)
        atexit.register(mark.close)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            mark.bind(f"\0planner-tests-{port}")
            return port
