"""What a traffic filter is for: deployments and clusters, each named by its type and its id."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from planner.sandbox import associations, described, objects
from planner.sandbox.http import reply
from planner.sandbox.objects import Object
from planner.sandbox.tables import DEPLOYMENTS, resource_ids

TYPES: Final = ("deployment", "cluster")


class Turn(described.Turn):
    """To associate what is associated already is no mistake: 200 instead of 201."""

    def ways(self) -> Mapping[str, Callable[[], Response]]:
        return {**super().ways(), "associate": self.associate, "rulesets": self.rulesets}

    def listing(self) -> Response:
        return reply(shown(self.db, self.parent()))

    def associate(self) -> Response:
        sent = self.taken(self.sent)
        parent, entity = self.parent(), (sent["entity_type"], sent["id"])
        self._check_entity(*entity)
        new = associations.associate(self.db, parent, *entity, self.at.now())
        return reply({}, self.operation.made if new else self.operation.done)

    def rulesets(self) -> Response:
        """ECE API, TrafficFilterSettings: of one deployment or cluster."""
        self._check_type(self.call.params["association_type"])
        return reply({"rulesets": associations.rulesets(self.db, self.id)})

    def _check_type(self, type_: str) -> None:
        if type_ not in TYPES:
            raise self.refusal("no_such_type", "entity_type", type=type_)

    def _check_entity(self, type_: str, id_: str) -> None:
        self._check_type(type_)
        deployment = type_ == "deployment"
        there = DEPLOYMENTS.find(self.db, id_) is not None if deployment else id_ in resource_ids(self.db)
        if not there:
            raise self.refusal("absent", "id", id=f"{type_}/{id_}")


def shown(db: sqlite3.Connection, ruleset_id: str) -> dict[str, Any]:
    """ECE API, RulesetAssociations."""
    found = [_entity(thing) for thing in objects.every(db, associations.ASSOCIATION, ruleset_id)]
    return {"associations": found, "total_associations": len(found)}


def _entity(thing: Object) -> dict[str, str]:
    type_, _, id_ = thing.id.partition("/")
    return {"entity_type": type_, "id": id_}
