"""The keystore of an Elasticsearch: everybody sees which settings it has, and nobody what they say."""

from __future__ import annotations

from typing import Any

from planner.sandbox.api import elasticsearch
from planner.sandbox.objects import Object


class Turn(elasticsearch.Turn):
    """A write says what changes; a setting without a value goes."""

    def taken(self, sent: dict[str, Any]) -> dict[str, Any]:
        found = sent.get("secrets")
        if isinstance(found, dict):
            sent = {"secrets": {name: {} if secret is None else secret for name, secret in found.items()}}
        return super().taken(sent)

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        secrets = dict(before.body.get("secrets", {}))
        for name, secret in sent["secrets"].items():
            secrets.pop(name, None)
            if "value" in secret:
                secrets[name] = {"as_file": isinstance(secret["value"], dict), **secret}
        return {"secrets": secrets}

    def shown(self, thing: Object) -> dict[str, Any]:
        secrets = thing.body["secrets"].items()
        return {"secrets": {name: {"as_file": secret["as_file"]} for name, secret in secrets}}
