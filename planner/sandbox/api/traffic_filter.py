"""Traffic filters: their rules are a set whose members the server gives ids."""

from __future__ import annotations

import secrets
from typing import Any

from planner.sandbox import described, objects
from planner.sandbox.api import traffic_filter_association as association
from planner.sandbox.associations import ASSOCIATION
from planner.sandbox.objects import Object


class Turn(described.Turn):
    """A rule keeps its id where an update sends it, and is made anew where it does not."""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        known = {rule["id"] for rule in before.body.get("rules", ())}
        rules = (
            rule if rule.get("id") in known else rule | {"id": secrets.token_hex(16)}
            for rule in sent["rules"]
        )
        return {**sent, "rules": list(rules)}

    def shown(self, thing: Object) -> dict[str, Any]:
        associated = association.shown(self.db, thing.id) if self.call.flag("include_associations") else {}
        return super().shown(thing) | associated

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        region = self.call.request.args.get("region")
        return super().listed([each for each in found if region in (None, each.body["region"])])

    def let_go(self, thing: Object) -> None:
        associated = objects.every(self.db, ASSOCIATION, thing.id)
        if associated and not self.call.flag("ignore_associations"):
            raise self.refusal("in_use", count=str(len(associated)))
        for each in (*associated, thing):
            objects.delete(self.db, each)
