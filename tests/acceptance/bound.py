"""A project with bindings, and the deployments of its sandbox as somebody else sees and changes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen

from .platform import ask
from .runner import Project, small

SHOP, BLOG = "55a6ce1d5d9a4bd08e41aa3ed6ffc0d2", "66a6ce1d5d9a4bd08e41aa3ed6ffc0d2"
DECLARED = "project: shop\nenvironments:\n  dev: {endpoint: sandbox, sandbox: {seed: seed.yaml}}\n"
EXTENSIONS = """
resource:
  extension:
    synonyms: {name: synonyms, extension_type: bundle, version: 8.*, file: files/a}
    stopwords: {name: stopwords, extension_type: bundle, version: "*", file: files/b}
"""
BINDING = """
resource:
  extension_binding:
    shop: {deployment: shop, extensions: [extension.synonyms]}
"""
GEO = {"name": "geo", "url": "https://files.example/geo-3.zip", "elasticsearch_version": "8.*"}
THEIRS = {"name": "theirs", "url": "https://files.example/theirs.zip", "elasticsearch_version": "8.*"}
HOT = {
    "id": "hot_content",
    "instance_configuration_id": "data.default",
    "node_roles": ["master", "data_hot", "data_content"],
    "zone_count": 1,
    "size": {"resource": "memory", "value": 4096},
}
WARM = {**HOT, "id": "warm", "node_roles": ["data_warm"]}
VERSION = "8.15.3"
ASKS = "validate_only=true"


def plan(*elements: Any, **lists: Any) -> dict[str, Any]:
    return {
        "elasticsearch": {"version": VERSION, **lists},
        "deployment_template": {"id": "default"},
        "cluster_topology": list(elements) or [HOT],
    }


def deployment(id_: str, name: str, es_plan: dict[str, Any]) -> dict[str, Any]:
    es = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": es_plan}
    return {"id": id_, "name": name, "resources": {"elasticsearch": [es]}}


@frozen
class Scene:
    """A project, and the deployments of its sandbox as somebody else sees and changes them."""

    project: Project

    def body(self, id_: str = SHOP) -> Any:
        asked = "show_plans=true&clear_transient=true&enrich_with_template=false"
        return ask(self.project, "GET", f"/deployments/{id_}?{asked}")

    def plan(self, id_: str = SHOP) -> Any:
        (es,) = self.body(id_)["resources"]["elasticsearch"]
        return es["info"]["plan_info"]["current"]["plan"]

    def lists(self, id_: str = SHOP) -> dict[str, list[str]]:
        """The names of what is listed, by where: "" for the plan."""
        found = self.plan(id_)
        owners = {"": found, **{element["id"]: element for element in found["cluster_topology"]}}
        return {
            where: [
                entry["name"] for key in ("user_bundles", "user_plugins") for entry in settings.get(key, ())
            ]
            for where, owner in owners.items()
            if {"user_bundles", "user_plugins"} & (settings := owner.get("elasticsearch", {})).keys()
        }

    def put(self, es_plan: dict[str, Any], id_: str = SHOP) -> None:
        es = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": es_plan}
        body = {"prune_orphans": False, "resources": {"elasticsearch": [es]}}
        assert ask(self.project, "PUT", f"/deployments/{id_}", json=body) is not None
        self.turn()

    def turn(self) -> None:
        """What the installation is at is done."""
        with self.project.sandbox() as ece:
            assert ece.client.post("/sandbox/clock", json={"advance": 3600}).status_code == 200

    def attach(self, *entries: dict[str, str], at: str = "", id_: str = SHOP) -> None:
        """By hand, to the plan or to an element."""
        found = self.plan(id_)
        owner = next((e for e in found["cluster_topology"] if e["id"] == at), found)
        settings = owner.setdefault("elasticsearch", {})
        settings["user_bundles"] = [*settings.get("user_bundles", ()), *entries]
        self.put(found, id_)

    def puts(self) -> int:
        with self.project.sandbox() as ece:
            log = ece.client.get("/sandbox/requests").get_json()["requests"]
        sent = [item for item in log if item["method"] == "PUT" and item["path"].endswith(SHOP)]
        return sum(1 for item in sent if ASKS not in item["query"])

    @property
    def applied(self) -> bool:
        return (self.project.folder / "state/dev.json").exists()

    def asked(self) -> list[str]:
        """Which deployments it was asked about, whether it would take a change."""
        with self.project.sandbox() as ece:
            log = ece.client.get("/sandbox/requests").get_json()["requests"]
        return [item["path"].rpartition("/")[2] for item in log if ASKS in item["query"]]

    def restarts(self) -> int:
        """How often instances had to start anew, the first time not counted."""
        with self.project.sandbox() as ece:
            told = ece.client.get("/sandbox/restarts").get_json()["restarts"]
        return len([item for item in told if item["deployment_id"] == SHOP])

    def fault(self, *specs: str) -> None:
        with self.project.sandbox() as ece:
            ece.fault(*specs)

    def bind(self, template: str) -> None:
        self.project.write("templates/bindings.yaml", template)


def made(folder: Path, *deployments: dict[str, Any], binding: str = BINDING) -> Scene:
    project = small(folder, EXTENSIONS, DECLARED)
    project.write("files/a/synonyms.txt", "tv, television\n")
    project.write("files/b/stopwords.txt", "the\n")
    project.write("seed.yaml", json.dumps({"deployments": list(deployments)}))
    scene = Scene(project)
    project.ok("plan")  # which makes the sandbox
    scene.bind(binding)
    return scene


def stop(scene: Scene) -> None:
    assert ask(scene.project, "POST", f"/deployments/{SHOP}/_shutdown") is not None
    scene.turn()
