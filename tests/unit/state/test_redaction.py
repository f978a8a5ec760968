"""Known secrets stay out of everything that a store writes."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from planner.model.address import Address
from planner.model.known_secrets import known_secrets
from planner.model.plan import Action, Change, OutputChange, Plan
from planner.model.redaction import for_file
from planner.model.resource import Prior
from planner.model.state import Intent, State
from planner.model.value import Fingerprint, at
from planner.state.local import LocalBackend
from planner.state.saved import plan_digest, read_plan, write_plan
from planner.state.store import Store

A = Address("extension", "a")
SECRET = "the-secret"

T = TypeVar("T")


def redact(thing: T) -> T:
    return for_file(thing, known_secrets((SECRET,)), lambda _text: Fingerprint("00", "11"))


PLAN = Plan(
    "p",
    "dev",
    "normal",
    "lineage",
    1,
    "sha256:0",
    changes=(
        Change(A, Action.UPDATE, f"as {SECRET}", id="1", before={"url": f"x{SECRET}"}, after={"url": "y"}),
    ),
    outputs=(OutputChange("o", SECRET, ["plain", SECRET]),),
    notes=(f"see {SECRET}",),
)


def store(folder: Path) -> Store:
    return Store(LocalBackend(folder / "dev.json", shown="dev.json"), "p", "dev", redact=redact)


def written(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return "".join(path.read_text() for path in files)


def test_snapshot_and_history(tmp_path: Path) -> None:
    prior = Prior(A, SECRET, {"url": f"https://x/?{SECRET}", "name": "a", "nested": [{"k": SECRET}]})
    state = State("p", "dev", resources={A: prior}, outputs={"o": SECRET})
    store(tmp_path).commit(state)
    text = written(tmp_path)
    assert text.count(SECRET) == text.count(f'"id": "{SECRET}"') > 0, "ids are structure, and stay"
    found = store(tmp_path).load()
    assert found.resources[A].attributes["name"] == "a"
    assert repr(found.outputs["o"]).startswith("Fingerprint")


def test_journal(tmp_path: Path) -> None:
    made = store(tmp_path)
    intent = Intent(
        step=1, address=A, operation="create", at="2025-01-01T00:00:00Z", attributes={"url": SECRET}
    )
    with made.lock("apply"):
        made.open_journal(made.load(), "apply").write([intent])
    assert SECRET not in written(tmp_path)
    assert made.load().in_doubt[0].attributes.keys() == {"url"}


def test_saved_plan(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", PLAN, redact)
    assert SECRET not in written(tmp_path)
    found = read_plan(tmp_path / "plan.json")
    assert found.notes == ("see (sensitive)",)
    assert at(found.outputs[0].after, (0,)) == "plain"
    assert plan_digest(found, redact) == plan_digest(PLAN, redact) != plan_digest(PLAN)


def test_without_secrets_a_document_is_as_it_was() -> None:
    assert for_file(PLAN, known_secrets(("another-secret",)), lambda _text: "") is PLAN
