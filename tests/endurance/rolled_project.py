"""A project whose dictionary is carried to deployments in three waves, and what its sandbox has of it.

Each deployment loads a bundle of somebody else's, too. Some have an index whose analyzer reads the
dictionary:
there a rule with two arrows turns the shards red once the nodes have it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.acceptance.chain_project import commit, git
from tests.acceptance.ece import LOGIN
from tests.acceptance.runner import Project

COUNT = 5
"""Deployments that are bound from the beginning; there is one more."""

GOOD, BETTER, BEST, BROKEN = "tv => television", "tv => telly", "tv => screen", "tv => television => telly"
"""Rules of the dictionary."""

THEIRS = {"name": "theirs", "url": "https://theirs.example/theirs.zip", "elasticsearch_version": "8.*"}
VERSION = "8.15.3"
PROJECT = """
project: rolled
environments:
  dev: {endpoint: sandbox, sandbox: {seed: seed.yaml}}
"""
PROMOTING = """
project: rolled
variables: {made: {type: integer, default: 0}}
promote: {variables: [made]}
environments:
  dev: {endpoint: sandbox, sandbox: {seed: seed.yaml}, gates: {windows: ['WINDOW']}}
"""
ALWAYS = "00:00-24:00"
INDEX = {
    "settings": {
        "analysis": {
            "filter": {"ours": {"type": "synonym", "synonyms_path": "dictionaries/ours.txt"}},
            "analyzer": {"ours": {"type": "custom", "tokenizer": "standard", "filter": ["ours"]}},
        }
    }
}


@frozen
class Wish:
    """What templates say. rule: of the dictionary. bound: the numbers of deployments. made: of a project that
    promotes, the number of the release."""

    rule: str = GOOD
    bound: Sequence[int] = tuple(range(COUNT))
    mode: str = "switch"
    on_failure: str = "roll_back_all"
    at_once: int = 1
    made: int = 0
    pause: str = "1m"

    def write(self, project: Project) -> None:
        project.write("files/ours/dictionaries/ours.txt", f"{self.rule}\n")
        project.write("templates/main.yaml", json.dumps(self._template(), indent=1))
        if self.made:
            project.write("environments/dev.yaml", f"variables: {{made: {self.made}}}\n")

    def wave_of(self, number: int) -> int:
        return 1 if number == 0 else 2 if number in (1, 2) else 3

    def _template(self) -> dict[str, Any]:
        extension = {
            "name": "ours",
            "extension_type": "bundle",
            "version": "8.*",
            "file": "files/ours",
            "allow": [{"rule": "synonyms-two-arrows", "reason": "it is what breaks"}],
        }
        bindings = {
            f"shop_{number}": {"deployment": id_of(number), "extensions": ["extension.ours"]}
            for number in self.bound
        }
        named = [
            [f"extension_binding.shop_{number}" for number in self.bound if self.wave_of(number) == wave]
            for wave in (1, 2)
        ]
        rollout = {
            "of": ["extension.*"],
            "mode": self.mode,
            "waves": [*filter(None, named), "rest"],
            "at_once": self.at_once,
            "pause": self.pause,
            "health": {"within": "1m"},
            "on_failure": self.on_failure,
        }
        return {
            "resource": {"extension": {"ours": extension}, "extension_binding": bindings},
            "rollout": {"search": rollout},
        }


def write_project(project: Project, *, promotes: bool, closed: bool = False) -> None:
    """closed: the window of its environment was open a minute two days ago."""
    day = (datetime.now(UTC) - timedelta(days=2)).strftime("%a").lower()
    window = f"{day} 00:00-00:01" if closed else ALWAYS
    project.write("planner.yaml", PROMOTING.replace("WINDOW", window) if promotes else PROJECT)


def id_of(number: int) -> str:
    return f"{number:032x}"


def seed_of(number: int) -> dict[str, Any]:
    """A deployment, as the sandbox is given it."""
    element = {
        "id": "hot_content",
        "instance_configuration_id": "data.default",
        "node_roles": ["master", "data_hot", "data_content"],
        "zone_count": 1,
        "size": {"resource": "memory", "value": 1024},
    }
    plan = {
        "elasticsearch": {"version": VERSION, "user_bundles": [THEIRS]},
        "deployment_template": {"id": "default"},
        "cluster_topology": [element],
    }
    search = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": plan}
    return {"id": id_of(number), "name": f"shop-{number}", "resources": {"elasticsearch": [search]}}


def rolled(
    folder: Path,
    searched: Sequence[int] = (),
    wish: Wish = Wish(),
    *,
    more: int = 1,
    promotes: bool = False,
) -> Project:
    """The project, whose first wish is carried out; git has it, so that what it has is found again anywhere.
    searched: the deployments that have the index. more: how many deployments there are that it does not bind.
    """
    project = Project(folder)
    write_project(project, promotes=promotes)
    count = len(wish.bound) + more
    project.write("seed.yaml", json.dumps({"deployments": [seed_of(n) for n in range(count)]}))
    project.write(".gitignore", "state/\n")
    wish.write(project)
    git(folder, "init", "-q")
    commit(project, "The first wish")
    project.apply()
    with project.sandbox() as ece:
        for number in searched:
            path = f"/api/v1/deployments/{id_of(number)}/elasticsearch/_main/proxy/products"
            headers = {**LOGIN, "X-Management-Request": "true"}
            reply = ece.client.put(path, headers=headers, json=INDEX)
            assert reply.status_code == 200, reply.text
    return project
