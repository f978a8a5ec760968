"""Known secrets stay out of everything that a store writes."""

from __future__ import annotations

from pathlib import Path

from planner.model.address import Address
from planner.model.plan import Action, Change, OutputChange, Plan
from planner.model.release import Gate, Release
from planner.model.resource import Prior
from planner.model.state import Intent, State
from planner.promote.log import Force, Log, Run, Verification, read_log, write_log
from planner.state.local import LocalBackend
from planner.state.redaction import Redaction
from planner.state.saved_plan import dump_plan, plan_digest, read_plan, write_plan
from planner.state.store import Store

A = Address("extension", "a")
SECRET = "the-secret"

REDACT = Redaction(
    value=lambda text: {"$sensitive": "scrypt:00:11"} if SECRET in text else text,
    prose=lambda text: text.replace(SECRET, "(hidden)"),
)
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
    return Store(LocalBackend(folder / "dev.json", shown="dev.json"), "p", "dev", redact=REDACT)


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


def test_records_of_promotions_stay_readable(tmp_path: Path) -> None:
    gate = Gate("soak", True, f"seen by {SECRET}", forced=f"for {SECRET}")
    release = Release({"text": f"x-{SECRET}", "list": [SECRET, 1], "plain": "8.15"}, SECRET, {SECRET: SECRET})
    log = Log(
        (
            Run(release, "2026-08-23T12:00:00Z", known_as=SECRET, by=f"{SECRET}@example.org", gates=(gate,)),
            Verification(SECRET, SECRET, True, "2026-08-23T12:00:00Z", url=f"https://x/?{SECRET}"),
            Force(SECRET, "soak", f"because of {SECRET}", "ann", "2026-08-23T12:00:00Z"),
        )
    )
    store(tmp_path).commit(State("p", "dev", promotions=write_log(log)))
    run, checked, forced = read_log(store(tmp_path).load().promotions).records
    assert isinstance(run, Run)
    assert isinstance(checked, Verification)
    assert isinstance(forced, Force)
    assert run.release == Release(
        {"text": "x-(hidden)", "list": ["(hidden)", 1], "plain": "8.15"}, SECRET, {SECRET: SECRET}
    )
    assert (run.known_as, run.by) == (SECRET, "(hidden)@example.org"), "ids are structure, and stay"
    assert run.gates == (Gate("soak", True, "seen by (hidden)", forced="for (hidden)"),)
    assert (checked.check, checked.url) == (SECRET, "https://x/?(hidden)")
    assert forced.reason == "because of (hidden)"


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
    write_plan(tmp_path / "plan.json", PLAN, REDACT)
    assert SECRET not in written(tmp_path)
    found = read_plan(tmp_path / "plan.json")
    assert found.notes == ("see (hidden)",)
    assert found.outputs[0].after[0] == "plain"
    assert plan_digest(found, REDACT) == plan_digest(PLAN, REDACT) != plan_digest(PLAN)


def test_without_secrets_a_document_is_as_it_was() -> None:
    nothing = Redaction(value=lambda text: text, prose=lambda text: text)
    assert dump_plan(PLAN, nothing) == dump_plan(PLAN)
