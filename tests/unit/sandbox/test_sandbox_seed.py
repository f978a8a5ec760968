"""What an installation holds before the first call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.resources import schema
from planner.sandbox import create_app, reset
from planner.sandbox.api import kinds
from planner.sandbox.seed import DEPLOYMENTS_SECTION, SeedError

from .caller import Caller, deployment
from .swagger import SWAGGER, Checked

FILTER = {"id": "f1", "name": "office", "type": "ip", "region": "ece-region", "include_by_default": False}
SEED: dict[str, Any] = {
    "deployments": [
        {"id": "shop", "name": "shop", "version": "8.12.0"},
        {"id": "logs", **deployment("repo://1"), "alias": "logs"},
        {"id": "old", "stopped": True},
    ],
    "allocators": [{"allocator_id": "a1"}, {"allocator_id": "a2", "settings": {"capacity": 5}}],
    "proxies": [{"proxy_id": "p1", "zone": "z"}],
    "security_deployment": {"cluster_id": "s1", "is_healthy": False},
    "templates": [{"id": "t1", "name": "mine", "deployment_template": {"resources": {}}}],
    "instance_configurations": [{"id": "kibana.big", "name": "big", "discrete_sizes": {"sizes": [4096]}}],
    "users": [{"user_name": "ann", "security": {"roles": ["ece_platform_viewer"]}}],
    "telemetry": {"enabled": False},
    "traffic_filters": [{**FILTER, "rules": [{"source": "10.0.0.1"}]}],
    "snapshot_repositories": [{"repository_name": "r1", "type": "s3", "settings": {"bucket": "b"}}],
    "trust_relationships": [{"id": "t9", "name": "other", "public_ca_cert": "x"}],
    "blueprinter_roles": [{"id": "spare"}],
}
READ = {
    "/deployments/shop?show_plans=true": ("name", "shop"),
    "/deployments/logs": ("alias", "logs"),
    "/platform/infrastructure/allocators/a2": ("settings", {"capacity": 5}),
    "/platform/infrastructure/proxies/p1": ("zone", "z"),
    "/platform/configuration/security/deployment": ("is_healthy", False),
    "/deployments/templates/t1?region=ece-region": ("name", "mine"),
    "/platform/configuration/instances/kibana.big": ("instance_type", "kibana"),
    "/users/ann": ("builtin", False),
    "/phone-home/config": ("enabled", False),
    "/deployments/traffic-filter/rulesets/f1": ("name", "office"),
    "/platform/configuration/snapshots/repositories/r1": ("repository_name", "r1"),
    "/platform/infrastructure/blueprinter/roles/spare": ("id", "spare"),
    "/platform/configuration/trust-relationships/t9": ("local", False),
    "/platform/configuration/trust-relationships/5c5bbb0f0e9f4e5d9d2f4d3a7e1b6c08": ("local", True),
    "/users/admin": ("builtin", True),
    "/deployments/templates/default?region=ece-region": ("system_owned", True),
}


def caller(app: Any) -> Caller:
    return Checked(app) if SWAGGER.exists() else Caller(app)


def test_a_seed_is_there_with_the_ids_that_it_tells() -> None:
    with create_app(":memory:", seed=SEED) as app:
        ece = caller(app)
        found = {path: ece.json("GET", path) for path in READ}
    assert {path: body[READ[path][0]] for path, body in found.items()} == {
        path: value for path, (_, value) in READ.items()
    }


def test_resources_of_a_seeded_deployment_have_the_same_ids_each_time() -> None:
    ids = set()
    for _ in range(2):
        with create_app(":memory:", seed=SEED) as app:
            cluster = Caller(app).json("GET", "/deployments/shop")["resources"]["elasticsearch"][0]
            ids.add(cluster["id"])
            plan = cluster["info"]["plan_info"]["current"]["plan"]
            assert plan["elasticsearch"]["version"] == "8.12.0"
            comment = f"/comments/elasticsearch/{cluster['id']}"
            assert Caller(app)("POST", comment, json={"message": "x"}).status_code == 201
    assert len(ids) == 1


def test_the_same_seed_changes_nothing_the_second_time(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data, seed=SEED) as app:
        ece = Caller(app)
        ece.json("PATCH", "/users/ann", json={"full_name": "Ann"})
        ece.json("DELETE", "/deployments/traffic-filter/rulesets/f1")
        before = everything(ece)
    with create_app(data, seed=SEED) as app:
        assert everything(Caller(app)) == before
        assert Caller(app)("GET", "/deployments/traffic-filter/rulesets/f1").status_code == 404


def test_another_seed_adds_what_is_not_there(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data, seed=SEED) as app:
        Caller(app).json("PATCH", "/users/ann", json={"full_name": "Ann"})
    bob = {"user_name": "bob", "security": {"enabled": False}}
    with create_app(data, seed=SEED | {"users": [*SEED["users"], bob]}) as app:
        ece = Caller(app)
        assert ece.json("GET", "/users/ann")["full_name"] == "Ann"
        assert ece.json("GET", "/users/bob")["security"]["enabled"] is False


def test_after_a_reset_it_is_planted_again(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data, seed=SEED) as app:
        Caller(app).json("DELETE", "/users/ann")
    reset(data)
    with create_app(data, seed=SEED) as app:
        assert Caller(app).json("GET", "/users/ann")["user_name"] == "ann"


def test_a_running_server_that_was_emptied_has_its_own_again(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data) as app:
        before = everything(Caller(app))
        reset(data)
        assert everything(Caller(app)) == before


def everything(ece: Caller) -> dict[str, Any]:
    paths = ("/users?include_disabled=true", "/deployments", "/deployments/traffic-filter/rulesets")
    platform = ("/platform/configuration/instances", "/deployments/templates?region=ece-region")
    return {path: ece.json("GET", path) for path in (*paths, *platform)}


@pytest.mark.parametrize(
    ("seed", "path", "problem"),
    [
        ({"nothing": []}, ("nothing",), "there is no section nothing"),
        (
            {"users": [{"user_name": "a", "security": {"roles": 5}}]},
            ("users", 0, "security", "roles"),
            "roles",
        ),
        (
            {"users": SEED["users"], "traffic_filters": [{**FILTER, "rules": [{}, {"source": 5}]}]},
            ("traffic_filters", 0, "rules", 1, "source"),
            "source",
        ),
        ({"telemetry": {"enabled": "no"}}, ("telemetry", "enabled"), "enabled"),
        (
            {"instance_configurations": [{"id": "x", "name": "x", "discrete_sizes": {"sizes": []}}]},
            ("instance_configurations", 0, "discrete_sizes"),
            "sizes",
        ),
        (
            {"deployments": [{"id": "x", "resources": {"kibana": [{}]}}]},
            ("deployments", 0, "resources", "kibana", 0),
            "plan",
        ),
    ],
)
def test_what_is_wrong_with_a_seed_is_told_with_its_place(
    tmp_path: Path, seed: dict[str, Any], path: tuple[str | int, ...], problem: str
) -> None:
    data = tmp_path / "ece.db"
    with pytest.raises(SeedError, match=problem) as error:
        create_app(data, seed=seed)
    assert error.value.path == path
    with create_app(data) as app:
        assert Caller(app)("GET", "/users/ann").status_code == 404


def test_the_schema_of_a_seed_has_the_sections_that_there_are() -> None:
    told = schema("sandbox-seed.schema.json")["properties"]
    sections = {kind.of.section: kind.of.id_as for kind in kinds() if kind.of.section}
    assert told.keys() == {DEPLOYMENTS_SECTION, *sections}
    for section, id_as in sections.items():
        if id_as:
            assert id_as in told[section]["items"]["required"], section
