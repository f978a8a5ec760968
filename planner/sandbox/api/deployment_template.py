"""Deployment templates, which are of one region each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from planner.sandbox import described, objects
from planner.sandbox.api.instance_configuration import max_zones
from planner.sandbox.deployment_request import KINDS, filled
from planner.sandbox.described import completed
from planner.sandbox.objects import Object

ELEMENT: Final = {"zone_count": 1, "size": {"resource": "memory", "value": 1024}}
SEARCHES: Final = {
    "elasticsearch": {},
    "topology_element_control": {"min": {"resource": "memory", "value": 0}},
    "autoscaling_max": {"resource": "memory", "value": 2097152},
}
TIERS: Final = {"data_hot": "hot_content", "data_warm": "warm", "data_cold": "cold", "data_frozen": "frozen"}
FACTS: Final = (
    *("id", "name", "description", "instance_type", "node_types", "discrete_sizes", "metadata"),
    *("storage_multiplier", "cpu_multiplier"),
)


class Turn(described.Turn):
    """What a template leaves out is filled in, down to the elements of its topologies."""

    def parent(self) -> str:
        region = self.call.request.args.get("region", "")
        if not region or (region != self.at.region and not self.at.cloud):
            raise self.refusal("no_region", "region")
        return region

    def taken(self, sent: dict[str, Any]) -> dict[str, Any]:
        template = sent.get("deployment_template")
        if isinstance(template, dict):
            within = filled({**template, "region": self.parent()})
            sent = {**sent, "deployment_template": within | {"region": template.get("region")}}
        return super().taken(sent)

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        sent["system_owned"] = before.body.get("system_owned", False)
        source = {"facilitator": "adminconsole", "date": self.at.now(), "user_id": self.call.user}
        action = "update-template" if before.body else "create-template"
        return self.seeded(sent) | {"source": source | {"action": f"deployments.{action}"}}

    def seeded(self, sent: dict[str, Any]) -> dict[str, Any]:
        last = max((each.body["order"] for each in objects.every(self.db, self.of.kind)), default=-1)
        sent["deployment_template"] = _deeply_filled(sent["deployment_template"])
        parts: dict[str, Any] = {
            "system_owned": False,
            "metadata": [],
            "order": last + 1,
            "hidden": False,
            "template_category_id": "default",
        }
        return dict(completed(sent, parts))

    def shown(self, thing: Object) -> dict[str, Any]:
        version, shows = self.call.request.args.get("stack_version"), self.call.request.args.get
        body = super().shown(thing)
        if version:
            body["deployment_template"] = filled({**body["deployment_template"], "version": version})
        whole = shows("show_instance_configurations", "true").lower() != "false"
        return body | {"instance_configurations": [*self._configurations(body)] if whole else []}

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        shown = [each for each in found if self._picks(each.body)]
        return super().listed(sorted(shown, key=lambda each: int(each.body["order"])))

    def let_go(self, thing: Object) -> None:
        if thing.body["system_owned"]:
            raise self.refusal("system_owned")
        super().let_go(thing)

    def _picks(self, body: dict[str, Any]) -> bool:
        """Whether a list has it, by what is asked for."""
        args, items = self.call.request.args, {f"{item['key']}:{item['value']}" for item in body["metadata"]}
        least, version = body.get("min_version"), args.get("stack_version")
        hidden = body["hidden"] and not self.call.flag("show_hidden")
        deprecated = self.call.flag("hide_deprecated") and "deprecated:true" in items
        other = "metadata" in args and args["metadata"] not in items
        later = least and version and _numbers(version) < _numbers(least)
        return not (hidden or deprecated or other or later)

    def _configurations(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """ECE API, InstanceConfigurationInfo: of those that the template names, each once."""
        elements = _elements(body["deployment_template"])
        names = (element.get("instance_configuration_id") for _, element in elements)
        for name in dict.fromkeys(names):
            found = objects.find(self.db, "instance_configuration", "", name) if name else None
            if found:
                facts = {"id": found.id, **found.body}
                yield {key: facts[key] for key in FACTS if key in facts} | max_zones(self.db, self.call)


def _deeply_filled(template: dict[str, Any]) -> dict[str, Any]:
    for kind, element in _elements(template):
        tier = next((TIERS[role] for role in element.get("node_roles", ()) if role in TIERS), None)
        named = {"id": tier} if tier and kind == "elasticsearch" else {}
        element.update(completed(element, ELEMENT | (SEARCHES if kind == "elasticsearch" else {}) | named))
    for resource in template.get("resources", {}).get("elasticsearch", ()):
        resource["plan"].update(completed(resource["plan"], {"autoscaling_enabled": False}))
        resource.update(completed(resource, {"settings": {"dedicated_masters_threshold": 6}}))
    return template


def _elements(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The elements of all topologies, with the kind of their resource."""
    for kind in KINDS:
        for resource in template.get("resources", {}).get(kind, ()):
            yield from ((kind, element) for element in resource["plan"].get("cluster_topology", ()))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.partition("-")[0].split(".") if part.isdigit()]
