from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import fuzzed_project, replies
from .campaign import Broken
from .commands import Done
from .noise import TARGETS, Target, hold_unchanged, must_not_change, one_input, same_document
from .spoils import GARBAGE, Spoil

CHANCE = st.randoms(use_true_random=False)


def short(examples: int) -> settings:
    return settings(
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=examples,
        suppress_health_check=[
            *(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
            HealthCheck.function_scoped_fixture,
        ],
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("noise") / "base"
    fuzzed_project.make(made)
    return made


@short(80)
@given(chance=CHANCE)
def test_files_and_variables(base: Path, chance: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one_input(base, Path(folder) / "case", chance)


# urllib3 leaves the socket of a reply with two lengths to the garbage collector, which says so.
UNCLOSED = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@UNCLOSED
@short(6)
@given(chance=CHANCE)
def test_replies_of_a_server(chance: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        replies.one_server(Path(folder) / "case", chance)
    gc.collect()


@UNCLOSED
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spoil", GARBAGE, ids=lambda spoil: spoil.__name__.strip("_"))
def test_a_create_that_is_answered_with_garbage(tmp_path: Path, spoil: Spoil, seed: int) -> None:
    """The first request lists, the second creates."""
    random = Random(seed)  # noqa: S311 - chance, no secret
    assert replies.garbage(tmp_path, random, (spoil,), {2})["replies spoiled"] == 1
    gc.collect()


def test_every_target_is_there(base: Path) -> None:
    """But for the journal, which is put in place for its own rounds."""
    missing = {t.path for t in TARGETS if not (base / t.path).exists()}
    assert missing <= {fuzzed_project.JOURNAL, "state/dev.lock.json"}
    assert (base / "journal").read_bytes()


@pytest.mark.parametrize(
    ("before", "data", "found"),
    [
        (b'{"a": 1}', b'{ "a":1 }', True),
        (b'{"a": 1}', b'{"a": 2}', False),
        (b'{"a": 1}', b'{"a": 1', False),
        (b'{"a": 1}', b"\xff", False),
    ],
)
def test_what_is_an_altered_document(before: bytes, data: bytes, found: bool) -> None:
    assert same_document(before, data) is found


@pytest.mark.parametrize(
    ("words", "code", "out", "found"),
    [
        (("plan",), 0, "", True),
        (("state", "list"), 1, "", True),
        (("apply", "--auto-approve"), 0, "", False),
        (("apply", "--auto-approve"), 1, "", True),
        (("apply", "--auto-approve"), 1, "Failed (1):", False),
        (("apply", "--auto-approve"), 5, "", False),
        (("state", "restore", "1"), 0, "", False),
        (("state", "restore", "1"), 1, "", True),
    ],
)
def test_what_must_not_change(words: tuple[str, ...], code: int, out: str, found: bool) -> None:
    assert must_not_change(words, Done(code, out, "", words), Target("planner.yaml", ())) is found


def test_a_file_that_changed_is_seen() -> None:
    done = Done(0, "", "", ("plan",))
    hold_unchanged({"a": b"1"}, {"a": b"1"}, "planner.yaml", done)
    for after in ({"a": b"2"}, {}, {"a": b"1", "b": b""}):
        with pytest.raises(Broken, match="changed"):
            hold_unchanged({"a": b"1"}, after, "planner.yaml", done)
