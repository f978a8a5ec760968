"""Enrollment tokens: each is shown once, and only one that does not expire is kept."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from werkzeug.wrappers import Response

from planner.sandbox import described
from planner.sandbox.http import reply
from planner.sandbox.objects import Object


class Turn(described.Turn):
    def create(self) -> Response:
        token = base64.urlsafe_b64encode(secrets.token_bytes(48)).decode()
        sent = self.taken(self.sent)
        if not sent["persistent"]:
            return reply({"token": token}, 200)
        if "validity_in_seconds" in sent:
            raise self.refusal("ephemeral", "validity_in_seconds")
        made = super().create()
        return reply({"token": token, "token_id": made.get_json()["token_id"]}, 200)

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:  # noqa: ARG002 - see described.Turn
        return {"roles": sent.get("roles", [])}
