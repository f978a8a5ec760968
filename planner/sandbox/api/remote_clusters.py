"""Remote clusters: a write is accepted, and in their time they are connected."""

from __future__ import annotations

from typing import Any, Final

from planner.sandbox import settling
from planner.sandbox.api import elasticsearch
from planner.sandbox.objects import Object
from planner.sandbox.tables import DEPLOYMENTS, Deployment, Resource

SECONDS: Final = 20
"""Until a cluster is connected."""


class Turn(elasticsearch.Turn):
    """Those that were there already stay connected."""

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        there = {each["alias"]: each for each in before.body.get("resources", ())}
        wanted = [{"skip_unavailable": False, **each} for each in sent["resources"]]
        for each in wanted:
            each.pop("info", None)
        new = [each["alias"] for each in wanted if there.get(each["alias"]) != each]
        accepted = settling.accept(self.at.clock, SECONDS if new else 0, {"new": new})
        settling.keep(self.db, self.of.kind, before.parent, accepted)
        return {"resources": wanted}

    def shown(self, thing: Object) -> dict[str, Any]:
        found = settling.find(self.db, self.of.kind, thing.parent)
        pending = found is not None and found.state(self.at.now()) == settling.PENDING
        waiting = found.then["new"] if found and pending else ()
        own = DEPLOYMENTS.find(self.db, self.call.params[self.of.parent[0]])
        version = _version(own, thing.parent.partition("/")[2])
        return {
            "resources": [
                {**each, "info": self._info(each, version, waiting=each["alias"] in waiting)}
                for each in thing.body["resources"]
            ]
        }

    def _info(self, remote: dict[str, Any], version: int | None, *, waiting: bool) -> dict[str, bool]:
        """ECE API, RemoteResourceInfo."""
        other = DEPLOYMENTS.find(self.db, remote["deployment_id"])
        theirs = _version(other, remote["elasticsearch_ref_id"])
        there = other is not None and theirs is not None
        near = theirs is None or version is None or abs(theirs - version) <= 1
        connected = there and near and not waiting and not (other and other.stopped)
        facts = dict.fromkeys(("healthy", "connected", "trusted", "trusted_back"), connected)
        return {**facts, "compatible": near}


def _version(deployment: Deployment | None, ref_id: str) -> int | None:
    """The major version of an Elasticsearch of a deployment, None where there is no such."""
    there = deployment.resources.get("elasticsearch", ()) if deployment else ()
    found = (each for each in there if each["ref_id"] == ref_id)
    return next((_major(each) for each in found), None)


def _major(resource: Resource) -> int | None:
    version = str(resource["plan"].get("elasticsearch", {}).get("version", "")).partition(".")[0]
    return int(version) if version.isdigit() else None
