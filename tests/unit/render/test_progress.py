from __future__ import annotations

import re
from io import StringIO

import pytest

from planner.model.address import Address
from planner.model.ledger import Event, StepFinished, StepProgress, StepStarted
from planner.model.plan import Action
from planner.render import Style, live_progress, plain_progress

SYNONYMS = Address("extension", "synonyms")
CREATE = Action.CREATE


def finished(**more: object) -> StepFinished:
    facts = {"operation": "create", "ok": True, "seconds": 0.31} | more
    return StepFinished(1, SYNONYMS, CREATE, **facts)  # type: ignore[arg-type]


def plain(*events: Event) -> str:
    stream = StringIO()
    with plain_progress(stream, style=Style()) as progress:
        for event in events:
            progress(event)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (finished(id="123"), "extension.synonyms: created in 0.3s (id 123)"),
        (finished(operation="upload", message="again"), "extension.synonyms: uploaded in 0.3s, again"),
        (finished(operation="settle"), "extension.synonyms: settle done in 0.3s"),
        (
            finished(ok=False, message="no\x1b[31m"),
            "extension.synonyms: create failed after 0.3s: no\\x1b[31m",
        ),
        (finished(ok=False), "extension.synonyms: create failed after 0.3s"),
    ],
)
def test_a_line_for_each_finished_step(event: Event, line: str) -> None:
    assert plain(StepStarted(1, SYNONYMS, CREATE, "create"), event) == line + "\n"


def test_a_line_for_each_large_upload() -> None:
    small, large = (
        StepProgress(step, SYNONYMS, 1, total) for step, total in ((1, 10_000_000), (2, 12_300_000))
    )
    started = StepStarted(2, SYNONYMS, CREATE, "upload")
    assert plain(small, large, large, started, large) == "extension.synonyms: uploading 12.3 MB\n" * 2


@pytest.mark.parametrize("colours", [True, False])
def test_live(colours: bool) -> None:
    stream = StringIO()
    with live_progress(stream, style=Style(colours)) as progress:
        progress(StepStarted(1, SYNONYMS, CREATE, "upload"))
        progress(StepStarted(2, SYNONYMS, CREATE, "create"))
        progress(StepProgress(1, SYNONYMS, 5_000_000, 10_000_000))
        progress(StepProgress(7, SYNONYMS, 5, 10))
        progress(finished(operation="upload", id="[red]1"))
        progress(finished(operation="upload", ok=False, message="twice"))
    text = re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "extension.synonyms: uploaded in 0.3s (id [red]1)\n" in text
    assert "extension.synonyms: upload failed after 0.3s: twice" in text


def test_live_shows_running_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = StringIO()
    with live_progress(stream, style=Style()) as progress:
        progress(StepStarted(1, SYNONYMS, CREATE, "upload"))
        progress(StepProgress(1, SYNONYMS, 5_000_000, 10_000_000))
    assert "━━━━╌╌╌╌ 5.0 MB of 10.0 MB" in stream.getvalue()


def test_live_shortens_the_address_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = StringIO()
    with live_progress(stream, style=Style()) as progress:
        progress(StepStarted(1, Address("extension", "x" * 100), CREATE, "upload"))
        progress(StepProgress(1, SYNONYMS, 5_000_000, 10_000_000))
    assert "x… upload 0:00:00 ━━━━╌╌╌╌ 5.0 MB of 10.0 MB" in stream.getvalue()
