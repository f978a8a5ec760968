"""A deployment of a sandbox, its plans, and what runs of it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from .caller import Caller, Reply, archive

MAIN = "elasticsearch/main-elasticsearch"
ALL = "show_plan_logs=true&show_plan_history=true&show_system_alerts=100&enrich_with_template=false"


def bundle(url: str, name: str = "words") -> dict[str, str]:
    return {"name": name, "url": url, "elasticsearch_version": "*"}


def plugin(url: str, name: str = "tokens", version: str = "8.15.3") -> dict[str, str]:
    return {"name": name, "url": url, "elasticsearch_version": version}


def plan(*elements: dict[str, Any], **own: Any) -> dict[str, Any]:
    """Without elements: one instance. With numbers for `zones`: so many of one element."""
    zones = own.pop("zones", 1)
    one = {"id": "hot_content", "zone_count": zones, "size": {"resource": "memory", "value": 1024}}
    return {"cluster_topology": [*elements] or [one], "elasticsearch": {"version": "8.15.3", **own}}


def resources(wanted: dict[str, Any], *others: str) -> dict[str, Any]:
    """What a request has in `resources`: Elasticsearch with a plan, and others beside it."""
    found: dict[str, Any] = {"elasticsearch": [{"ref_id": "main-elasticsearch", "plan": wanted}]}
    return found | {kind: [{"ref_id": f"main-{kind}", "plan": {kind: {}}}] for kind in others}


DESCRIPTOR = {
    "name": "tokens",
    "description": "d",
    "version": "1",
    "elasticsearch.version": "8.15.3",
    "java.version": "17",
    "classname": "T",
}


def plugin_zip(file: str = "plugin-descriptor.properties", **told: str | None) -> bytes:
    keys = DESCRIPTOR | {key.replace("_", "."): value for key, value in told.items()}
    return archive(**{file: "\n".join(f"{key}={value}" for key, value in keys.items() if value is not None)})


@frozen
class Running:
    ece: Caller
    id: str

    @property
    def path(self) -> str:
        return f"/deployments/{self.id}"

    @classmethod
    def made(cls, ece: Caller, wanted: dict[str, Any], *others: str) -> Running:
        """A new one, of which nothing happened yet."""
        body = {"name": "shop", "resources": resources(wanted, *others)}
        return cls(ece, ece.json("POST", "/deployments", json=body)["id"])

    @classmethod
    def settled(cls, ece: Caller, wanted: dict[str, Any], *others: str) -> Running:
        """A new one, all of which runs."""
        found = cls.made(ece, wanted, *others)
        ece.wait()
        assert found.get()["healthy"] is True, found.get()
        return found

    def put(self, wanted: dict[str, Any], query: str = "", others: tuple[str, ...] = ()) -> Reply:
        body = {"prune_orphans": False, "resources": resources(wanted, *others)}
        return self.ece("PUT", self.path + query, json=body)

    def get(self, query: str = ALL) -> Any:
        return self.ece.json("GET", f"{self.path}?{query}")

    def info(self, kind: str = "elasticsearch", query: str = ALL) -> Any:
        return self.get(query)["resources"][kind][0]["info"]

    def plans(self, kind: str = "elasticsearch", query: str = ALL) -> Any:
        return self.info(kind, query)["plan_info"]

    def pending(self) -> list[str]:
        """The kinds that have a plan pending."""
        found = self.get()["resources"]
        return [kind for kind, each in found.items() if each and "pending" in each[0]["info"]["plan_info"]]

    def instances(self, kind: str = "elasticsearch") -> list[Any]:
        """As the sandbox knows them."""
        known = self.ece.raw("GET", "/sandbox/deployments").json["deployments"]
        (own,) = [each for each in known if each["id"] == self.id]
        (found,) = [each["instances"] for each in own["resources"] if each["kind"] == kind]
        return list(found)

    def loaded(self) -> list[str]:
        """The URLs that instances loaded, of each in a text."""
        return [" ".join(each["url"] for each in one["loaded"]) for one in self.instances()]

    def restarts(self) -> list[Any]:
        known = self.ece.raw("GET", "/sandbox/restarts").json["restarts"]
        return [each for each in known if each["deployment_id"] == self.id]

    def running(self) -> list[str]:
        """The instances that answer, as the API shows it."""
        found = self.info()["topology"]["instances"]
        return [each["instance_name"] for each in found if each["service_running"]]

    def fault(self, spec: str) -> None:
        assert self.ece.raw("POST", "/sandbox/faults", json=spec).status_code == 201
