from __future__ import annotations

import pytest

from planner.errors import StateError
from planner.state.postgres.target import PostgresTarget, postgres_target


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (
            "postgresql://db/states",
            PostgresTarget("postgresql://db/states", "planner", "postgresql://db/states"),
        ),
        (
            "postgres://db/states",
            PostgresTarget("postgresql://db/states", "planner", "postgresql://db/states"),
        ),
        (
            "POSTGRESQL://db/states",
            PostgresTarget("postgresql://db/states", "planner", "postgresql://db/states"),
        ),
        (
            "postgresql://me@db:5433/states?schema=team&sslmode=verify-full",
            PostgresTarget(
                "postgresql://me@db:5433/states?sslmode=verify-full", "team", "postgresql://me@db:5433/states"
            ),
        ),
        (
            "postgresql:///states?host=/run/a%20b&schema=a%20b",
            PostgresTarget("postgresql:///states?host=%2Frun%2Fa%20b", "a b", "postgresql:///states"),
        ),
        (
            "postgresql://[::1]:5433/x",
            PostgresTarget("postgresql://[::1]:5433/x", "planner", "postgresql://[::1]:5433/x"),
        ),
        (
            "postgresql://a:1,b:2/x",
            PostgresTarget("postgresql://a:1,b:2/x", "planner", "postgresql://a:1,b:2/x"),
        ),
    ],
)
def test_what_a_url_names(url: str, target: PostgresTarget) -> None:
    assert postgres_target(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@db/states",
        "postgresql://:s3cret@db/states",
        "postgresql://me:s3/cret@db/states",
        "postgresql://me:s3@cret@db/states",
        "postgresql://db/states?password=s3cret",
        "postgresql://db/states?sslmode=require&sslpassword=s3cret",
        "postgresql://db/states?%70assword=s3cret",
        "postgresql://db/states?oauth_client_secret=s3cret",
    ],
)
def test_a_password_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(StateError, match="holds a password") as caught:
        postgres_target(url)
    assert "PGPASSWORD" in caught.value.advice
    assert "s3cret" not in caught.value.summary + caught.value.advice


@pytest.mark.parametrize("schema", ["", "pg_state", "x" * 64, "ü" * 32])
def test_a_schema_that_cannot_be(schema: str) -> None:
    with pytest.raises(StateError, match="takes no schema"):
        postgres_target(f"postgresql://db/states?schema={schema}")


def test_not_a_url() -> None:
    with pytest.raises(StateError, match="not understood"):
        postgres_target("postgresql://[::1/states")
