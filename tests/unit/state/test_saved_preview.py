"""A preview as a document, and back."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from jsonschema_rs import Draft202012Validator

from planner.errors import PlannerError
from planner.model.plan import Plan
from planner.model.preview import REMOVED, EnvironmentPreview, Preview
from planner.net.bodies import MOST_ELEMENTS
from planner.resources import schema
from planner.state.saved import Previewed, dump_plan, dump_preview, read_preview

PLAN = Plan("p", "dev", "normal", "l", 3, "d")
FULL = Preview(
    "p",
    "a" * 40,
    "b" * 40,
    (
        EnvironmentPreview("dev", ("var.x",), PLAN, "sha256:d", cautions=("its state moves",)),
        EnvironmentPreview("prod", ("var.x",), PLAN, error="it is protected", protected=True),
        EnvironmentPreview("qa", (REMOVED,), removed=True, cautions=("removed",)),
    ),
    left_out=("staging",),
    uncommitted=True,
)
FAILED = Preview("p", "", "", error="planner.yaml:3: not YAML", advice="Mend it.")


def written(preview: Preview, folder: Path) -> Path:
    plans = {item.environment: dump_plan(item.plan) for item in preview.environments if item.plan}
    path = folder / "preview.json"
    path.write_bytes(dump_preview(Previewed(preview, plans)))
    return path


@pytest.mark.parametrize("preview", [FULL, FAILED], ids=["full", "failed"])
def test_what_is_written_is_read(preview: Preview, tmp_path: Path) -> None:
    path = written(preview, tmp_path)
    Draft202012Validator(schema("preview.schema.json")).validate(orjson.loads(path.read_bytes()))
    assert read_preview(path).preview == preview


@pytest.mark.parametrize("where", ["the preview", "a plan in it"])
def test_one_of_a_newer_planner_is_no_bad_preview(where: str, tmp_path: Path) -> None:
    path = written(FULL, tmp_path)
    document = orjson.loads(path.read_bytes())
    (document if where == "the preview" else document["environments"][0]["plan"])["format_version"] = 5
    path.write_bytes(orjson.dumps(document))
    with pytest.raises(PlannerError, match="has format_version 5") as caught:
        read_preview(path)
    assert caught.value.advice.startswith("A newer planner wrote it")


def test_one_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    path = written(FULL, tmp_path)
    document = orjson.loads(path.read_bytes())
    for name in ("left_out", "error", "advice"):
        del document[name]
    for item in document["environments"]:
        del item["removed"], item["cautions"]
    path.write_bytes(orjson.dumps(document))
    found = read_preview(path).preview
    assert (found.left_out, found.error) == ((), "")
    assert [item.cautions for item in found.environments] == [(), (), ()]


HOSTILE = {
    "lists": b'{"format_version": 1, "environments": [' + b"[]," * MOST_ELEMENTS + b"[]]}",
    "a plan that nests": b'{"plan": ' + b"[" * 300 + b"]" * 300 + b"}",
    "nests": b"[" * 100_000,
    "no object": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("what", [*HOSTILE, "nests in a plan", "nests in a digest"])
def test_what_a_stranger_wrote_is_an_error(what: str, tmp_path: Path) -> None:
    path = written(FULL, tmp_path)
    if what in HOSTILE:
        path.write_bytes(HOSTILE[what])
    else:
        deep = b"[" * 300 + b"]" * 300
        place = b'"drift": []' if what == "nests in a plan" else b'"digest": "sha256:d"'
        text = path.read_bytes()
        assert place in text
        path.write_bytes(text.replace(place, place.partition(b":")[0] + b": " + deep))
    with pytest.raises(PlannerError, match=r"preview\.json is no preview"):
        read_preview(path)
