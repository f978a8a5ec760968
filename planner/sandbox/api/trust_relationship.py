"""Trust relationships: certificates are shown to who asks for them."""

from __future__ import annotations

from typing import Any

from planner.sandbox import described
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """An update keeps what it does not name."""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        sent.pop("last_modified", None)
        return {"trust_by_default": False, "local": False, **before.body, **sent}

    def shown(self, thing: Object) -> dict[str, Any]:
        body = super().shown(thing)
        asked = self.call.request.method == "GET" and self.call.flag("include_certificate")
        if not asked:
            body.pop("public_ca_cert", None)
        return body | ({"last_modified": thing.stamp.modified} if self.call.request.method == "GET" else {})

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        local = {"local": True, "non-local": False}.get(self.call.request.args.get("filter", ""))
        return super().listed([each for each in found if local in (None, each.body["local"])])
