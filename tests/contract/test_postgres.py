"""What is PostgreSQL's own: servers that fail, sessions that end, roles, and what is said of all that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from attrs import evolve

from planner.distribution import how_to_add
from planner.errors import LockHeld, NewerFormat, StateError
from planner.state.backend import Backend
from planner.state.postgres.backend import PostgresBackend
from planner.state.postgres.connection import LastingConnection, connect
from planner.state.postgres.tables import FENCE, statement
from planner.state.registry import Location, open_backend

from .holder import Worker
from .places import ALICE, BOB, Place, postgresql
from .postgres_server import Server, server
from .test_lease_contract import content, holds
from .timing import LONG_LEASES, PATIENCE, Time, wait_until
from .wire import wire_to


@pytest.fixture
def running() -> Iterator[Server]:
    found = server()
    yield found
    if found.process is None:  # a test that stopped it has failed
        found.start()


@pytest.fixture
def place(running: Server, tmp_path: Path) -> Place:
    return postgresql(tmp_path)


@pytest.fixture
def admin(running: Server) -> Iterator[psycopg.Connection]:
    """Nobody else connects to the database postgres meanwhile but planner."""
    with psycopg.connect(running.url().split("?")[0], autocommit=True) as connection:
        yield connection


def schema_of(place: Place) -> str:
    return urlsplit(place.url).query.removeprefix("schema=")


def opened(url: str, environment: str = "dev", project: str = "search") -> Backend:
    return open_backend(
        Location(url, environment=environment, folder=Path(), project=project, timing=LONG_LEASES)
    )


def checked(backend: Backend) -> tuple[str, ...]:
    assert isinstance(backend, PostgresBackend)
    return backend.check()


# --- a server that fails ----------------------------------------------------------------------------------


def test_what_was_written_outlives_the_crash_of_the_server(running: Server, place: Place) -> None:
    place.open().append([b"made the tables"])
    with place.open().lock(ALICE, 0):
        writer = place.open()
        writer.write_snapshot(content(1), serial=1, expected_serial=0)
        writer.append([b"one"])
        running.crash()
        running.start()
        assert place.open().read_journal() == [b"made the tables", b"one"]
        assert place.open().read_snapshot() == content(1)
        assert holds(place, ALICE), "a lock is durable too"
    place.open().clear_journal()
    running.crash()
    running.start()
    assert place.open().read_journal() == []
    assert place.open().lock_holder() is None


def test_a_holder_goes_on_after_the_server_was_started_again(running: Server, place: Place) -> None:
    backend = place.open()
    with backend.lock(ALICE, 0):
        backend.append([b"one"])
        running.stop()
        running.start()
        with pytest.raises(LockHeld), place.open().lock(BOB, 0):
            pass
        backend.append([b"two"])
        backend.write_snapshot(content(1), serial=1, expected_serial=0)
        assert backend.read_journal() == [b"one", b"two"]
    assert place.open().lock_holder() is None


def test_a_lease_outlives_the_server_when_its_holder_cannot_come_back_at_once(
    running: Server, place: Place
) -> None:
    with Worker.at(place) as worker:
        worker.process.send_signal(signal.SIGSTOP)
        running.stop()
        running.start()
        with pytest.raises(LockHeld), place.open().lock(BOB, 0):
            pass
        worker.process.send_signal(signal.SIGCONT)
        assert worker.append("one") == "written"


def test_a_write_while_the_server_is_away_says_so_and_nothing_else_is_tried(
    running: Server, place: Place
) -> None:
    backend = place.open()
    with backend.lock(ALICE, 0):
        backend.append([b"one"])
        running.stop()
        with pytest.raises(StateError, match=r"the journal of search/dev .*: .*refused"):
            backend.append([b"two"])
        place.time.passes(LONG_LEASES.interval)
        with pytest.raises(StateError, match=r"its lease ended before it could be renewed \(.*refused"):
            backend.append([b"three"])
        running.start()
    assert place.open().read_journal() == [b"one"]


# --- sessions that end ------------------------------------------------------------------------------------

SESSIONS = "FROM pg_stat_activity WHERE application_name = 'planner'"


def end_sessions(admin: psycopg.Connection) -> None:
    admin.execute(f"SELECT pg_terminate_backend(pid) {SESSIONS}")
    wait_until(lambda: admin.execute(f"SELECT {SESSIONS}").rowcount == 0)


@pytest.mark.smoke
def test_a_holder_whose_session_was_ended_comes_back_before_another_takes_the_lock(
    place: Place, admin: psycopg.Connection
) -> None:
    backend = place.open()
    with backend.lock(ALICE, 0):
        backend.append([b"one"])
        end_sessions(admin)
        taker = place.open(sleep=lambda seconds: place.time.passes(seconds, steps=4))
        with pytest.raises(LockHeld), taker.lock(BOB, 0):
            pass
        backend.append([b"two"])
        assert holds(place, ALICE)
    assert place.open().read_journal() == [b"one", b"two"]


def test_a_killed_holders_lock_is_free_long_before_its_lease_ends(place: Place) -> None:
    with Worker.at(place) as worker:
        worker.kill()
        wait_until(lambda: place.open().lock_holder() is None)
        with place.open().lock(BOB, 0):
            assert holds(place, BOB)
    assert place.time.now < LONG_LEASES.duration / 10


def pooled(data: bytes) -> bytes:
    """What a server says as a pooler would: the number of its session that a client is told is made up."""
    at = data.find(b"K\0\0\0\x0c")
    return data if at < 0 else data[: at + 5] + b"\0\0\0\x07" + data[at + 9 :]


def test_a_session_of_somebody_elses_signs_nothing(running: Server, place: Place) -> None:
    with wire_to(("127.0.0.1", running.port), pooled) as wire:
        through = place.behind(wire.port)
        assert "no sooner, behind a pooler" in checked(through.open())[-1]
        with Worker.at(through) as worker:
            worker.kill()
            assert place.open().lock_holder() is not None, "the lease alone decides"
            with pytest.raises(LockHeld), place.open().lock(BOB, LONG_LEASES.duration / 2):
                pass
            with place.open().lock(BOB, LONG_LEASES.duration):
                assert holds(place, BOB)


NO_TRANSACTIONS = b"transaction blocks not allowed in statement pooling mode\0\0"
REFUSED = b"SERROR\0C08P01\0M" + NO_TRANSACTIONS
IN_TRANSACTION = b"Z\0\0\0\x05T"


def by_the_statement(data: bytes) -> bytes:
    """What PgBouncer says, and hangs up, where it pools by the statement and a transaction stays open."""
    refusal = b"E" + (4 + len(REFUSED)).to_bytes(4, "big") + REFUSED
    return pooled(refusal if data.endswith(IN_TRANSACTION) else data)


@pytest.mark.parametrize("tables", ["there", "missing"])
def test_a_pooler_of_statements_is_found_before_anything_is_made(
    running: Server, place: Place, tables: str
) -> None:
    if tables == "there":
        place.open().append([b"one"])
    present = (place.open().read_journal(), place.open().read_snapshot())
    with wire_to(("127.0.0.1", running.port), by_the_statement, NO_TRANSACTIONS) as wire:
        through = place.behind(wire.port)
        assert (through.open().read_journal(), through.open().read_snapshot()) == present
        calls: list[Callable[[], object]] = [
            lambda: through.open().lock(ALICE, 0).__enter__(),
            lambda: checked(through.open()),
            lambda: through.open().write_snapshot(content(1), serial=1, expected_serial=0),
        ]
        for call in calls:
            with pytest.raises(StateError, match="not allowed in statement pooling mode") as caught:
                call()
            assert "pool_mode" in caught.value.advice
        assert through.time.now == 0, "it is not tried again"
    assert (place.open().read_journal(), place.open().read_snapshot()) == present
    assert place.open().lock_holder() is None


def test_a_lock_is_the_takers_when_the_reply_was_lost(running: Server, tmp_path: Path) -> None:
    with wire_to(("127.0.0.1", running.port), pooled) as wire:
        for number in count(1):
            place = postgresql(tmp_path)
            backend = place.behind(wire.port).open()
            backend.append([b"one"])
            wire.cut_once(number, "reply")
            with backend.lock(ALICE, 0):
                assert holds(place, ALICE)
            if not wire.was_cut:
                break
        assert number > 5


def test_an_error_that_ends_the_session_is_tried_again_on_another(running: Server) -> None:
    used: list[psycopg.Connection] = []

    def work(connection: psycopg.Connection) -> int:
        used.append(connection)
        if len(used) == 1:
            raise psycopg.errors.AdminShutdown("terminating connection")
        return connection.info.backend_pid

    opened = partial(connect, running.url().split("?")[0], tuple, 10.0)
    session = LastingConnection(opened, lambda _: None, "the place", Time().timing)
    assert session.run(work) == used[1].info.backend_pid
    assert used[0].closed
    session.close()
    assert used[1].closed


def test_while_a_write_is_under_way_the_lock_is_renewed_but_not_broken(
    place: Place, admin: psycopg.Connection
) -> None:
    key = {"project": "search", "environment": "dev"}
    waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'planner' AND wait_event_type = 'Lock'"
    expires = statement(schema_of(place), "SELECT expires FROM {schema}.locks")
    with place.open().lock(ALICE, 0), ThreadPoolExecutor(1) as pool:
        with psycopg.connect(admin.info.dsn) as writing:
            writing.execute(statement(schema_of(place), FENCE), key)
            breaking = pool.submit(lambda: place.open().break_lock(ALICE.id))
            wait_until(lambda: admin.execute(waiting).rowcount == 1)
            before = admin.execute(expires).fetchone()
            place.time.passes(LONG_LEASES.interval)
            after = admin.execute(expires).fetchone()
            assert before is not None
            assert after is not None
            assert after[0] >= before[0], "it was renewed"
            assert not breaking.done()
        breaking.result(PATIENCE)
        assert place.open().lock_holder() is None


def test_a_user_who_works_in_serializable_transactions(
    running: Server, place: Place, admin: psycopg.Connection
) -> None:
    admin.execute("CREATE ROLE strict SUPERUSER LOGIN")
    admin.execute("ALTER ROLE strict SET default_transaction_isolation = serializable")
    url = running.url("strict", schema=schema_of(place))

    def write(number: int) -> str:
        try:
            opened(url).write_snapshot(content(1), serial=1, expected_serial=0)
        except StateError as error:
            return error.summary.rpartition(": ")[0]
        return ""

    with ThreadPoolExecutor(8) as pool:
        said = sorted(pool.map(write, range(16)))
    refused = f"search/dev at {url.split('?')[0]} is at serial 1, expected was serial 0"
    assert said == ["", *[refused] * 15]


OLGA = evolve(ALICE, who="Ольга", host="büro")


def work_through(place_of: Callable[[], Backend]) -> None:
    """All that is ever asked of a database, by a holder whose name not every encoding has."""
    assert checked(place_of())
    with place_of().lock(OLGA, 0):
        assert place_of().lock_holder() == OLGA
        with pytest.raises(LockHeld, match="Ольга on büro"), place_of().lock(BOB, 0):
            pass
        place_of().append(["één ж".encode()])
        place_of().write_snapshot(content(1), serial=1, expected_serial=0)
        assert place_of().read_journal() == ["één ж".encode()]
    assert place_of().read_snapshot() == content(1)
    assert [entry.serial for entry in place_of().history()] == [1]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "KOI8R", "EUC_JP", "UTF8"])
def test_a_database_of_any_encoding(running: Server, admin: psycopg.Connection, encoding: str) -> None:
    database = f"in_{encoding.lower()}"
    admin.execute(f"CREATE DATABASE {database} ENCODING '{encoding}' TEMPLATE template0")
    url = running.url(database=database)
    work_through(lambda: opened(url))


def test_a_database_whose_encoding_nothing_is_turned_into(running: Server, admin: psycopg.Connection) -> None:
    admin.execute("CREATE DATABASE mule ENCODING 'MULE_INTERNAL' TEMPLATE template0")
    with pytest.raises(StateError, match="UTF8") as caught:
        opened(running.url(database="mule")).read_journal()
    assert "with the encoding UTF8" in caught.value.advice


SETTINGS = ["client_encoding = 'SQL_ASCII'", "client_encoding = 'LATIN1'", "bytea_output = 'escape'"]
SETTINGS += ["intervalstyle = 'iso_8601'", "datestyle = 'German'", "extra_float_digits = -15"]


@pytest.mark.parametrize(
    "setting", [*SETTINGS, "standard_conforming_strings = off", "timezone = 'Asia/Tokyo'"]
)
def test_a_role_with_settings_of_its_own(running: Server, admin: psycopg.Connection, setting: str) -> None:
    url = running.url("particular")
    if not admin.execute("SELECT FROM pg_roles WHERE rolname = 'particular'").rowcount:
        admin.execute("CREATE ROLE particular SUPERUSER LOGIN")
    admin.execute("ALTER ROLE particular RESET ALL")
    admin.execute(f"ALTER ROLE particular SET {setting}")
    work_through(lambda: opened(url))


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
@pytest.mark.parametrize("named_in", ["the URL", "its options", "PGCLIENTENCODING", "PGOPTIONS"])
def test_the_encoding_is_nobody_elses_choice(
    running: Server, monkeypatch: pytest.MonkeyPatch, named_in: str, encoding: str
) -> None:
    setting = f"-c client_encoding={encoding}"
    options = {"the URL": {"client_encoding": encoding}, "its options": {"options": quote(setting)}}
    url = running.url(**options.get(named_in, {}))
    if named_in.startswith("PG"):
        monkeypatch.setenv(named_in, setting if named_in == "PGOPTIONS" else encoding)
    work_through(lambda: opened(url))


# --- tables and roles -------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_reading_makes_no_tables(place: Place, admin: psycopg.Connection) -> None:
    backend = place.open()
    assert (backend.read_snapshot(), backend.read_journal(), backend.history()) == (None, [], [])
    backend.clear_journal()
    assert backend.lock_holder() is None
    found = admin.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema_of(place)])
    assert found.rowcount == 0


def test_checking_makes_tables_and_writes_nothing(place: Place) -> None:
    tables = f"the tables in the schema {schema_of(place)}"
    assert checked(place.open())[1] == f"{tables} were made"
    place.open().append([b"one"])
    assert checked(place.open())[1] == f"{tables} are there, version 1"
    assert place.open().read_journal() == [b"one"]
    assert place.open().history() == []


def test_states_in_one_schema_leave_each_other_alone(running: Server) -> None:
    url = running.url()
    names = [("search", "dev"), ("search", "prod"), ("logs", "dev"), ("search/dev", ""), ("", "search/dev")]
    for number, (project, environment) in enumerate(names, 1):
        backend = opened(url, environment, project)
        backend.append([b"%d" % number])
        for serial in range(1, number + 1):
            backend.write_snapshot(content(serial), serial=serial, expected_serial=serial - 1)
    opened(url, "dev", "logs").clear_journal()
    with opened(url, "dev", "search").lock(ALICE, 0), opened(url, "prod", "search").lock(BOB, 0):
        for number, (project, environment) in enumerate(names, 1):
            backend = opened(url, environment, project)
            assert backend.read_snapshot() == content(number)
            assert len(backend.history()) == number
            assert backend.read_journal() == ([] if number == 3 else [b"%d" % number])
        assert opened(url, "dev", "logs").lock_holder() is None


def test_tables_of_a_newer_planner_are_left_alone(place: Place, admin: psycopg.Connection) -> None:
    place.open().append([b"one"])
    admin.execute(f"UPDATE {schema_of(place)}.format SET version = 2")  # noqa: S608 - the test's own name
    for call in (place.open().read_journal, lambda: place.open().append([b"two"])):
        with pytest.raises(NewerFormat, match="has format_version 2, this planner reads up to 1"):
            call()


def reading(backend: Backend) -> list[Callable[[], object]]:
    return [backend.read_snapshot, backend.read_journal, backend.history, backend.lock_holder]


@pytest.mark.parametrize("table", ["states", "snapshots", "journal", "locks", "format"])
def test_a_table_that_is_missing_held_something(place: Place, admin: psycopg.Connection, table: str) -> None:
    place.open().append([b"one"])
    admin.execute(f"DROP TABLE {schema_of(place)}.{table}")
    backend = place.open()
    calls: list[Callable[[], object]] = [*reading(backend), lambda: backend.append([b"two"])]
    for call in calls:
        with pytest.raises(StateError, match=f"{table} is not there, though others are") as caught:
            call()
        assert "backup" in caught.value.advice


@pytest.mark.parametrize("table", ["snapshots", "journal", "locks"])
@pytest.mark.parametrize("withheld", ["the right", "the rows"])
def test_what_a_user_may_not_see_is_not_taken_for_nothing(
    running: Server, place: Place, admin: psycopg.Connection, table: str, withheld: str
) -> None:
    schema = schema_of(place)
    guest = f"guest_{schema}"
    place.open().write_snapshot(content(1), serial=1, expected_serial=0)
    place.open().append([b"one"])
    admin.execute(f"CREATE ROLE {guest} LOGIN")
    admin.execute(f"GRANT USAGE ON SCHEMA {schema} TO {guest}")
    admin.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {guest}")
    backend = opened(running.url(guest, schema=schema))
    assert (backend.read_snapshot(), backend.read_journal()) == (content(1), [b"one"])
    if withheld == "the right":
        admin.execute(f"REVOKE SELECT ON {schema}.{table} FROM {guest}")  # noqa: S608 - the test's own names
    else:
        admin.execute(f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY")
    problem = "permission denied for table" if withheld == "the right" else "row-level security hides rows of"
    calls = {"snapshots": [0, 2], "journal": [1], "locks": [3]}[table]
    for number in calls if withheld == "the right" else range(4):
        with pytest.raises(StateError, match=problem) as caught:
            reading(opened(running.url(guest, schema=schema)))[number]()
        assert caught.value.advice


def test_a_user_of_tables_that_the_owner_made(
    running: Server, place: Place, admin: psycopg.Connection
) -> None:
    schema = schema_of(place)
    guest = f"guest_{schema}"
    admin.execute(f"CREATE ROLE {guest} LOGIN")
    url = running.url(guest, schema=schema)
    with pytest.raises(StateError, match="cannot be written: permission denied for database") as caught:
        opened(url).append([b"one"])
    assert "planner init" in caught.value.advice
    place.open().append([b"one"])
    with pytest.raises(StateError, match="cannot be used: permission denied for schema"):
        checked(opened(url))
    admin.execute(f"GRANT USAGE ON SCHEMA {schema} TO {guest}")
    admin.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {guest}")
    assert f"lets {guest} read and write the database postgres" in checked(opened(url))[0]
    with opened(url).lock(ALICE, 0) as _, pytest.raises(LockHeld), place.open().lock(BOB, 0):
        pass
    opened(url).write_snapshot(content(1), serial=1, expected_serial=0)
    assert place.open().read_snapshot() == content(1)
    admin.execute(f"REVOKE DELETE ON {schema}.journal FROM {guest}")
    with pytest.raises(StateError, match=f"{guest} may not DELETE") as caught:
        checked(opened(url))
    assert "grant" in caught.value.advice
    backend = opened(url)
    backend.append([b"two"])
    with pytest.raises(StateError, match="cannot be cleared: permission denied for table journal"):
        backend.clear_journal()
    backend.append([b"three"])
    assert backend.read_journal() == [b"one", b"two", b"three"]


def test_a_standby_is_named_as_such(running: Server, place: Place, admin: psycopg.Connection) -> None:
    place.open().append([b"one"])
    admin.execute("CREATE ROLE reader SUPERUSER LOGIN")
    admin.execute("ALTER ROLE reader SET default_transaction_read_only = on")
    backend = opened(running.url("reader", schema=schema_of(place)))
    assert backend.read_journal() == [b"one"]
    for call in (lambda: backend.append([b"two"]), lambda: checked(backend)):
        with pytest.raises(StateError, match="read-only") as caught:
            call()
        assert "target_session_attrs=read-write" in caught.value.advice


# --- what is said when it goes wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "database", "options", "said", "advice"),
    [
        ("planner", "absent", {}, 'database "absent" does not exist', "createdb"),
        ("nobody_known", "postgres", {}, 'role "nobody_known" does not exist', "PGUSER"),
        ("with_password", "postgres", {}, "no password supplied", "PGPASSWORD"),
        ("only_ssl", "postgres", {}, "pg_hba.conf rejects connection", "sslmode=require"),
        ("planner", "postgres", {"sslmode": "require"}, "SSL was required", "sslmode"),
        ("planner", "postgres", {"port": "1"}, "Connection refused", "PGHOST"),
        ("planner", "postgres", {"host": "nowhere.invalid"}, "nowhere.invalid", "PGHOST"),
        ("planner", "postgres", {"host": "/nowhere"}, "/nowhere", "PGHOST"),
        ("planner", "postgres", {"colour": "red"}, "colour", "libpq"),
        ("planner", "postgres", {"port": "many"}, "many", "libpq"),
    ],
)
def test_why_it_does_not_connect(
    running: Server, user: str, database: str, options: dict[str, str], said: str, advice: str
) -> None:
    with psycopg.connect(running.url().split("?")[0], autocommit=True) as admin:
        for role in ("with_password", "only_ssl"):
            if not admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
                admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
    with pytest.raises(StateError) as caught:
        opened(running.url(user, database, **options)).read_snapshot()
    assert said in caught.value.summary
    assert advice in caught.value.advice
    assert "\n" not in caught.value.summary
    assert caught.value.summary.startswith(f"search/dev at postgresql://{user}@127.0.0.1:{running.port}/")


READ = """
import sys
from pathlib import Path
from planner.errors import StateError
from planner.state.registry import Location, open_backend
if sys.argv[2:]:
    sys.modules["psycopg"] = None
try:
    print(open_backend(Location(sys.argv[1], environment="dev", folder=Path())).read_journal())
except StateError as error:
    print(error.summary, error.advice)
"""


def read_with(url: str, *arguments: str, **variables: str) -> str:
    command = [sys.executable, "-c", READ, url, *arguments]
    return subprocess.run(
        command, env={**os.environ, **variables}, check=True, capture_output=True, text=True
    ).stdout


def test_the_password_comes_from_the_environment_or_pgpass(
    running: Server, admin: psycopg.Connection, tmp_path: Path
) -> None:
    admin.execute("DROP ROLE IF EXISTS with_password")
    admin.execute("CREATE ROLE with_password LOGIN PASSWORD 'right'")
    url = running.url("with_password")
    pgpass = tmp_path / "pgpass"
    pgpass.write_text("*:*:*:with_password:right\n")
    pgpass.chmod(0o600)
    assert read_with(url, PGPASSWORD="right") == "[]\n"
    assert read_with(url, PGPASSFILE=str(pgpass)) == "[]\n"
    wrong = read_with(url, PGPASSWORD="wr0ng")
    assert 'password authentication failed for user "with_password"' in wrong
    assert "PGPASSFILE" in wrong
    assert "wr0ng" not in wrong


@pytest.mark.parametrize("password", ["right", "wr0ng, and refused"])
@pytest.mark.parametrize(
    "source", ["PGPASSWORD", "PGPASSFILE", ".pgpass", "PGSERVICEFILE", "passfile of a service"]
)
def test_a_password_is_known_wherever_it_came_from(
    running: Server,
    admin: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    password: str,
) -> None:
    """So that whoever shows something leaves it out, be it what the server says of it."""
    admin.execute("DROP ROLE IF EXISTS with_password")
    admin.execute("CREATE ROLE with_password LOGIN PASSWORD 'right'")
    pgpass, services = tmp_path / ".pgpass", tmp_path / "services"
    pgpass.write_text(f"other.example:*:*:*:of somebody else\n*:*:*:with_password:{password}\n")
    pgpass.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path if source == ".pgpass" else tmp_path / "nobody"))
    services.write_text(
        f"[written]\npassword={password}\nsslpassword=of-the-key\n[filed]\npassfile={pgpass}\n"
    )
    given = {
        "PGPASSWORD": {"PGPASSWORD": password},
        "PGPASSFILE": {"PGPASSFILE": str(pgpass)},
        "PGSERVICEFILE": {"PGSERVICEFILE": str(services), "PGSERVICE": "written"},
        "passfile of a service": {"PGSERVICEFILE": str(services), "PGSERVICE": "filed"},
    }
    for name, value in given.get(source, {}).items():
        monkeypatch.setenv(name, value)
    backend = opened(running.url("with_password"))
    assert backend.secrets() == ()
    with nullcontext() if password == "right" else pytest.raises(StateError, match="authentication failed"):
        backend.read_snapshot()
    assert set(backend.secrets()) == {password, *(["of-the-key"] if source == "PGSERVICEFILE" else [])}


def test_what_the_url_leaves_out_comes_from_the_environment(running: Server) -> None:
    variables = {"PGHOST": "127.0.0.1", "PGPORT": str(running.port), "PGUSER": "planner"}
    assert read_with("postgresql:///postgres", **variables) == "[]\n"


def test_psycopg_is_an_extra(running: Server) -> None:
    said = read_with(running.url(), "without")
    assert f"needs psycopg, which is not installed {how_to_add('postgres')}" in said
