"""API keys: each is shown once, to the user who makes it."""

from __future__ import annotations

import base64
import re
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from werkzeug.wrappers import Response

from planner.sandbox import described
from planner.sandbox.http import isoformat, reply
from planner.sandbox.objects import Object

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)


class Turn(described.Turn):
    """Nobody sees another user's, and nothing is kept of the key itself."""

    def create(self) -> Response:
        made = super().create()
        key = base64.b64encode(f"{secrets.token_hex(10)}:{secrets.token_hex(11)}".encode()).decode()
        return reply({**made.get_json(), "key": key}, made.status_code)

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        expiration, roles = sent.pop("expiration", None), sent.pop("role_assignments", None)
        until = {"expiration_date": self._until(expiration, before)} if expiration else {}
        given = {"role_assignments": roles} if roles and self.at.cloud else {}
        return {**sent, **given, **until, "user_id": self.call.user, "creation_date": before.stamp.created}

    def _until(self, expiration: str, before: Object) -> str:
        found = DURATION.fullmatch(expiration)
        if found is None:
            raise self.refusal("input", "expiration", expiration=expiration)
        made = datetime.fromisoformat(before.stamp.created)
        return isoformat(made + timedelta(**{UNITS[found[2]]: int(found[1])}))

    def find(self) -> Object | None:
        thing = super().find()
        return thing if thing and thing.body["user_id"] == self.call.user else None

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        return super().listed([each for each in found if each.body["user_id"] == self.call.user])
