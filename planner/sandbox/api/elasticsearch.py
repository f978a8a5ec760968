"""What is below an Elasticsearch of a deployment."""

from __future__ import annotations

from typing import Final

from planner.sandbox import described
from planner.sandbox.tables import DEPLOYMENTS

ONLY: Final = "_main"
"""Stands for the only one that there is."""


class Turn(described.Turn):
    """Its parent is what a deployment calls it."""

    def parent(self) -> str:
        id_, ref_id = (self.call.params[name] for name in self.of.parent)
        deployment = DEPLOYMENTS.find(self.db, id_)
        if deployment is None:
            raise self.refusal("absent")
        refs = [each["ref_id"] for each in deployment.resources.get("elasticsearch", ())]
        found = refs[0] if ref_id == ONLY and len(refs) == 1 else ref_id
        if found not in refs:
            raise self.refusal("no_resource")
        return f"{id_}/{found}"
