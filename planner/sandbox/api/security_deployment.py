"""The security deployment, by which users of all realms are known."""

from __future__ import annotations

import secrets
from typing import Any

from attrs import evolve
from werkzeug.wrappers import Response

from planner.sandbox import described, settling
from planner.sandbox.api.cascading import SECURITY, begin_plan, has_plan, shown_by
from planner.sandbox.described import completed
from planner.sandbox.objects import Object
from planner.sandbox.seed import VERSION


class Turn(described.Turn):
    """Its topology is taken, and shown by nothing; its version is another when its plan has ended."""

    def create(self) -> Response:
        settling.forget(self.db, SECURITY, "")
        written = super().create()
        begin_plan(self)
        return written

    def replace(self) -> Response:
        if has_plan(self.at, self.db):
            raise self.refusal("pending")
        then = {name: value for name, value in self.taken(self.sent).items() if name == "version"}
        written = super().replace()
        begin_plan(self, then)
        return written

    def mint(self, sent: dict[str, Any]) -> str:
        sent.setdefault("version", VERSION)
        sent["cluster_id"], sent["deployment_id"] = secrets.token_hex(16), secrets.token_hex(16)
        return ""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        sent.pop("topology", None)
        return dict(completed({**sent, **before.body}, self.of.defaults))

    def shown(self, thing: Object) -> dict[str, Any]:
        return shown_by(self.at, self.db, super().shown(thing))

    def answer(self, thing: Object, status: int) -> Response:
        """The id that a write replies is that of the deployment, where it has one."""
        id_ = thing.body.get("deployment_id", thing.body["cluster_id"])
        told = evolve(thing, id=id_) if self.operation.gives == "id" else thing
        return super().answer(told, status)
