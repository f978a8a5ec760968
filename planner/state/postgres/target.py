"""postgresql://[user@]host[:port]/database[?schema=planner&sslmode=...]: where the tables are.

What the URL leaves out comes from libpq's variables (PGHOST, PGUSER, PGPASSWORD, PGPASSFILE, PGSSLMODE, ...).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from attrs import frozen

from planner.errors import StateError

SCHEMA: Final = "planner"

_PASSWORD: Final = re.compile(r"//[^?]*:[^?]*@")  # also one that holds a / or an @ which should be encoded
_SECRETS: Final = ("password", "secret")
_LONGEST: Final = 63  # bytes of a name in PostgreSQL, which cuts off the rest


@frozen
class PostgresTarget:
    """Where a state is kept in PostgreSQL. conninfo: the URL as libpq takes it. shown: it without what nobody
    needs to read in a message.
    """

    conninfo: str
    schema: str
    shown: str


def postgres_target(url: str) -> PostgresTarget:
    """The target that a URL names. StateError for one that holds a password or cannot be understood."""
    if _PASSWORD.search(url):
        raise _held_password()
    try:
        parts = urlsplit(url)
        options = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError as error:
        raise StateError(f"the URL of the state is not understood: {error}") from error
    if any(name.lower().endswith(_SECRETS) for name, _ in options):
        raise _held_password()
    schema = dict(options).get("schema", SCHEMA)
    _check_schema(schema)
    query = urlencode([option for option in options if option[0] != "schema"], quote_via=quote)
    shown = f"postgresql://{parts.netloc}{parts.path}"
    return PostgresTarget(f"{shown}?{query}" if query else shown, schema, shown)


def _held_password() -> StateError:
    return StateError(
        "the URL of the state holds a password, which a file of the project must not",
        advice="Take it out; set PGPASSWORD, or put it in ~/.pgpass or the file that PGPASSFILE names.",
    )


def _check_schema(schema: str) -> None:
    if not schema or len(schema.encode()) > _LONGEST or schema.startswith("pg_") or "\0" in schema:
        raise StateError(
            f"PostgreSQL takes no schema of the name {schema!r}",
            advice=f"Choose one of 1 to {_LONGEST} bytes that does not begin with pg_.",
        )
