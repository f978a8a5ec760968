"""What Elastic's Terraform provider asked in an apply, an update and a destroy, as it was recorded, in order.

Of the record the sandbox answers each request with the same status, though it was answered by a stub then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from .caller import Caller
from .swagger import SWAGGER

SAMPLES = SWAGGER.parent / "samples"
RECORD = SAMPLES / "RECORDED-provider-request-sequence.txt"
LINE = re.compile(r"([A-Z]+) /api/v1(?:/regions/ece-region)?(/\S+) -> (\d+)(?: STUB)?(?: +x(\d+))?")
RULESETS = "/deployments/traffic-filter/rulesets"
EXTENSION = {"name": "words", "extension_type": "bundle", "version": "*"}
RULESET = {"name": "office", "type": "ip", "region": "ece-region", "include_by_default": False, "rules": []}
BODIES: dict[str, Any] = {
    "snapshots/repositories/snap": {"type": "s3", "settings": {"bucket": "snapshots"}},
    "remote-clusters": {"resources": []},
    "keystore": {"secrets": {"a.b": {"value": "c"}}},
    "extensions": {**EXTENSION, "download_url": "https://words.example/a.zip"},
    "rulesets": RULESET,
}
"""What was sent, by the end of a path; the record has deployments alone."""


def recorded() -> Iterator[tuple[str, str, int]]:
    for line in RECORD.read_text().splitlines():
        if (found := LINE.fullmatch(line.strip())) is not None:
            yield from [(found[1], found[2], int(found[3]))] * int(found[4] or 1)


def body(method: str, path: str) -> Any:
    where = path.partition("?")[0].removesuffix("/{id}")
    if where == "/deployments":
        name = {"POST": "create", "PUT": "update"}.get(method)
        return json.loads((SAMPLES / f"RECORDED-provider-{name}.json").read_text()) if name else None
    return next((sent for end, sent in BODIES.items() if where.endswith(end)), None)


@pytest.mark.skipif(not RECORD.exists(), reason="what was recorded lies beside the project")
def test_what_the_provider_asks_is_answered_as_it_was(ece: Caller) -> None:
    ids: dict[str, str] = {}
    asked = [*recorded()]
    for number, (method, path, status) in enumerate(asked):
        owner = path.partition("/{id}")[0]
        sent = {} if method in ("GET", "DELETE") else {"json": body(method, path)}
        reply = ece(method, path.replace("{id}", ids.get(owner, "{id}")), **sent)
        assert reply.status_code == status, (number, method, path, reply.text)
        if method == "POST" and status == 201:
            ids[owner.partition("?")[0]] = reply.json["id"]
        if "/deployments/{id}" in path:
            ece.wait()
    assert len(asked) > 80
    assert {*ids} == {"/deployments", "/deployments/extensions", RULESETS}
