"""How each kind is tried."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from planner.sandbox import create_app

from .platform import (
    ARCHIVE,
    BASE_URL,
    CERTIFICATES,
    DOMAIN_NAME,
    INFRASTRUCTURE,
    KEYS,
    LOGGING,
    PLATFORM,
    PROXIES,
    REALMS,
    REGION,
    ROLES,
    RULESETS,
    SECRETS,
    SECURITY,
    SHOP,
    STORE,
    TLS,
    TOKENS,
    TRUST,
)
from .runner import Project, small


def certificate(name: str) -> str:
    """What looks like a certificate and its key, as PEM."""
    parts = []
    for what in ("PRIVATE KEY", "CERTIFICATE"):
        body = base64.b64encode(f"{what} {name} ".encode() * 9).decode()
        parts.append(f"-----BEGIN {what}-----\n{body}\n-----END {what}-----\n")
    return "".join(parts)


@frozen
class Case:
    """How a kind is tried. path: of one in the API, {id} being what the state has. edit: of the template, for
    an update. theirs: what somebody else changes of what a read shows, sent to path by method; or a text.

    pick: what of a read a write takes. below: of path, where that is written. export: what names it, with
    what it is below. cleared: what goes from the installation when it goes from the template. seed: what
    the installation has besides. files: of the project. own: how many the installation has of its own.
    """

    path: str
    edit: tuple[str, str] | None = None
    theirs: Mapping[str, Any] | str = field(factory=dict)
    method: str = "PUT"
    pick: Callable[[Any], Any] = lambda body: body
    below: str = ""
    export: tuple[str, ...] = ()
    cleared: str = ""
    seed: Mapping[str, Any] = field(factory=dict)
    files: Mapping[str, str] = field(factory=dict)
    own: int = 0


CASES: dict[str, Case] = {
    "traffic_filter": Case(
        f"{RULESETS}/{{id}}",
        ("First floor", "Second floor"),
        {"description": "theirs"},
        cleared="description",
        pick=lambda body: {k: v for k, v in body.items() if k != "id"},
    ),
    "traffic_filter_association": Case(
        f"{RULESETS}/{{parent}}/associations", export=("traffic_filter_association", "traffic_filter")
    ),
    "snapshot_repository": Case(
        f"{PLATFORM}/snapshots/repositories/{{id}}",
        ("bucket: shop-snapshots", "bucket: shop-backups"),
        {"settings": {"base_path": "theirs"}},
        pick=lambda body: body["config"],
    ),
    "comment": Case(
        "/comments/{id}",
        ("Reserved for", "Kept for"),
        {"message": "theirs"},
        pick=lambda body: {"message": body["message"]},
        export=("comment/allocator/192.168.44.10",),
    ),
    "user": Case(
        "/users/{id}",
        ("in the lobby", "in the hall"),
        {"full_name": "theirs"},
        "PATCH",
        pick=lambda body: {},
        cleared="full_name",
    ),
    "license": Case(
        "/platform/license",
        ("max_resource_units: 100", "max_resource_units: 200"),
        {"license": {"issued_to": "theirs"}},
    ),
    "telemetry": Case("/phone-home/config", None, {"enabled": True}),
    "allocator_settings": Case(
        f"{INFRASTRUCTURE}/allocators/{{id}}/settings",
        ("capacity: 114688", "capacity: 57344"),
        {"capacity": 1024},
        cleared="capacity",
        export=("allocator_settings/192.168.44.10",),
    ),
    "allocator_metadata": Case(
        f"{INFRASTRUCTURE}/allocators/{{id}}/metadata",
        ("value: ssd", "value: nvme"),
        {"items": [{"key": "disk", "value": "theirs"}]},
        pick=lambda body: {"items": body},
        export=("allocator_metadata/192.168.44.10",),
    ),
    "allocator_metadata_item": Case(
        f"{INFRASTRUCTURE}/allocators/192.168.44.11/metadata",
        ('value: "8"', 'value: "9"'),
        {"items": [{"key": "rack", "value": "theirs"}, {"key": "other", "value": "theirs"}]},
        pick=lambda body: {"items": body},
        export=("allocator_metadata_item/192.168.44.11",),
    ),
    "runner_roles": Case(
        f"{INFRASTRUCTURE}/runners/{{id}}/roles",
        ("role_name: allocator", "role_name: proxy"),
        {"roles": [{"role_name": "director"}]},
        pick=lambda _: {},
        export=("runner_roles/192.168.44.10",),
    ),
    **{
        f"{host}_logging_settings": Case(
            f"{INFRASTRUCTURE}/{host}s/{{id}}/logging_settings",
            ("ROOT: WARN", "ROOT: DEBUG"),
            {"logging_levels": {"theirs": "ALL"}},
            export=(f"{host}_logging_settings/192.168.44.10",),
        )
        for host in LOGGING
    },
    "deployment_domain_name": Case(
        DOMAIN_NAME, ("deployments.example", "shop.example"), {"value": "theirs.example"}
    ),
    "resource_kind_domain_name": Case(
        f"{DOMAIN_NAME}/{{id}}",
        ("value: kibana.example", "value: boards.example"),
        {"value": "theirs.example"},
        export=("resource_kind_domain_name/kibana",),
    ),
    "api_key": Case(f"{KEYS}/{{id}}"),
    "enrollment_token": Case(f"{TOKENS}/{{id}}"),
    "api_base_url": Case(BASE_URL, ("ece.example", "shop.example"), {"value": "https://theirs.example"}),
    "deployment_keystore": Case(
        f"/deployments/{SHOP}/elasticsearch/_main/keystore",
        ("gcs.client.default", "gcs.client.other"),
        {"secrets": {"s3.client.default.access_key": None}},
        "PATCH",
        pick=lambda _: {},
        export=(f"deployment_keystore/{SHOP}/_main",),
    ),
    "remote_clusters": Case(
        f"/deployments/{SHOP}/elasticsearch/_main/remote-clusters",
        ("alias: archive", "alias: old-logs"),
        {"resources": []},
        export=(f"remote_clusters/{SHOP}/_main",),
    ),
    "stack_version": Case(
        "/stack/versions/{id}", own=3, files={"files/stack-8.16.0/8.16.0/stack.json": "{}"}
    ),
    "instance_configuration": Case(
        f"{PLATFORM}/instances/{{id}}",
        ("local SSDs", "local disks"),
        {"discrete_sizes": {"default_size": 4096}},
        cleared="description",
        pick=lambda body: {k: v for k, v in body.items() if k != "system_owned"},
    ),
    "deployment_template": Case(
        f"/deployments/templates/{{id}}?{REGION}",
        ("logs of the shop", "logs of all shops"),
        {"name": "theirs"},
        cleared="description",
        pick=lambda body: {k: body[k] for k in ("name", "description", "deployment_template", "metadata")},
    ),
    "trust_relationship": Case(
        f"{TRUST}/{{id}}", ("trust_by_default: false", "trust_by_default: true"), {"account_ids": []}
    ),
    "account_trust": Case("/account", None, {"trust": {"trust_all": True}}),
    "extra_certificate": Case(
        f"{CERTIFICATES}/{{id}}", ("var.shop_certificate", "var.next_certificate"), certificate("theirs")
    ),
    "tls_chain": Case(
        f"{TLS}/{{id}}",
        ("var.shop_certificate", "var.next_certificate"),
        certificate("theirs"),
        "POST",
        export=("tls_chain/ui",),
    ),
    "config_store_option": Case(f"{STORE}/{{id}}", ("on Sunday", "on Monday"), {"value": "theirs"}),
    "proxies_filtered_group": Case(
        f"{PROXIES}/filtered-groups/{{id}}",
        ("expected_proxies_count: 2", "expected_proxies_count: 3"),
        {"filters": [{"key": "region", "value": "theirs"}]},
    ),
    "proxies_settings": Case(
        f"{PROXIES}/settings",
        ("expected_proxies_count: 3", "expected_proxies_count: 4"),
        {"http_settings": {"disconnected_cutoff": 1}},
        "PATCH",
        lambda body: {},
    ),
    **{
        kind: Case(f"{REALMS}/{path}/{{id}}", edit, {"name": "theirs"}, export=(kind,), cleared=cleared)
        for kind, path, edit, cleared in (
            ("ldap_realm", "ldap", ("bind_type: user_search", "bind_type: user_templates"), "group_search"),
            (
                "active_directory_realm",
                "active-directory",
                ("type: failover", "type: round_robin"),
                "load_balance",
            ),
            ("saml_realm", "saml", ("principal: nameid", "principal: mail"), "nameid_format"),
        )
    },
    "realm_order": Case(
        f"{REALMS}/_reorder",
        ("[auditors, contractors]", "[contractors, auditors]"),
        {"realms": ["contractors", "auditors", "former"]},
        "POST",
        pick=lambda _: {},
        seed={
            "security_realms": [
                {"id": name, "name": name, "type": "saml", "urls": ["https://idp.example.com"]}
                for name in ("former", "contractors", "auditors")
            ]
        },
    ),
    "security_deployment": Case(SECURITY, ("version: 8.17.0", "version: 8.18.0"), {"version": "8.19.0"}),
    "blueprinter_role": Case(
        f"{ROLES}/{{id}}",
        ("auto_blessed: false", "auto_blessed: true"),
        {"auto_blessed": True},
        pick=lambda body: body["role"]["value"],
    ),
    "blueprinter_blessings": Case(
        f"{ROLES}/{{id}}",
        ("192.168.44.11: {value: true}", "192.168.44.11: {value: false}"),
        {"runner_ids_to_blessing": {"192.168.44.10": {"value": False}}},
        pick=lambda body: body["blessings"]["value"],
        below="/blessings",
        export=("blueprinter_blessings/search-hosts",),
        seed={"blueprinter_roles": [{"id": "search-hosts"}]},
    ),
}

SEED: Mapping[str, Any] = {
    "allocators": [{"allocator_id": "192.168.44.10"}, {"allocator_id": "192.168.44.11"}],
    "runners": [{"runner_id": "192.168.44.10", "roles": [{"role_name": "beats-runner"}]}],
    "adminconsoles": [{"adminconsole_id": "192.168.44.10"}],
    "constructors": [{"constructor_id": "192.168.44.10"}],
    "deployments": [{"id": SHOP, "name": "shop"}, {"id": ARCHIVE, "name": "archive"}],
}
DECLARED = """
project: kinds
variables:
  viewer_password: {type: string, sensitive: true}
  bucket_id: {type: string, sensitive: true}
  bucket_key: {type: string, sensitive: true}
  bind_password: {type: string, sensitive: true}
  shop_certificate: {type: string, sensitive: true}
  next_certificate: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox}
"""


def begun(folder: Path, template: str, cases: Iterable[Case]) -> Project:
    """A project with a template, and its installation, which has what the cases need."""
    project = small(folder, template, DECLARED)
    values = {name: certificate(name) for name in ("shop_certificate", "next_certificate")}
    values |= {**SECRETS, "bind_password": "long enough"}
    project.environ |= {f"PLANNER_VAR_{name}": value for name, value in values.items()}
    (project.folder / "state").mkdir()
    seed = dict(SEED)
    for case in cases:
        seed |= case.seed
        for name, text in case.files.items():
            project.write(name, text)
    with create_app(project.folder / "state/sandbox-dev.db", seed=seed):
        pass
    return project
