from __future__ import annotations

import pytest

from planner.errors import StateError
from planner.state.postgres.target import Target, target_of


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("postgresql://db/states", Target("postgresql://db/states", "planner", "postgresql://db/states")),
        ("postgres://db/states", Target("postgresql://db/states", "planner", "postgresql://db/states")),
        ("POSTGRESQL://db/states", Target("postgresql://db/states", "planner", "postgresql://db/states")),
        (
            "postgresql://me@db:5433/states?schema=team&sslmode=verify-full",
            Target(
                "postgresql://me@db:5433/states?sslmode=verify-full", "team", "postgresql://me@db:5433/states"
            ),
        ),
        (
            "postgresql:///states?host=/run/a%20b&schema=a%20b",
            Target("postgresql:///states?host=%2Frun%2Fa%20b", "a b", "postgresql:///states"),
        ),
        (
            "postgresql://[::1]:5433/x",
            Target("postgresql://[::1]:5433/x", "planner", "postgresql://[::1]:5433/x"),
        ),
        ("postgresql://a:1,b:2/x", Target("postgresql://a:1,b:2/x", "planner", "postgresql://a:1,b:2/x")),
    ],
)
def test_what_a_url_names(url: str, target: Target) -> None:
    assert target_of(url) == target


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
        target_of(url)
    assert "PGPASSWORD" in caught.value.advice
    assert "s3cret" not in caught.value.summary + caught.value.advice


@pytest.mark.parametrize("schema", ["", "pg_state", "x" * 64, "ü" * 32])
def test_a_schema_that_cannot_be(schema: str) -> None:
    with pytest.raises(StateError, match="takes no schema"):
        target_of(f"postgresql://db/states?schema={schema}")


def test_not_a_url() -> None:
    with pytest.raises(StateError, match="not understood"):
        target_of("postgresql://[::1/states")
