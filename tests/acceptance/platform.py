"""examples/platform, a project with ten kinds, and what an installation holds of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from .ece import LOGIN
from .runner import EXAMPLES, Project

SECRETS = {"viewer_password": "long enough", "bucket_id": "AKIASHOP", "bucket_key": "hunter22"}
ALLOCATOR = "192.168.44.10"
PLATFORM, RULESETS = "/platform/configuration", "/deployments/traffic-filter/rulesets"
PROXIES = "/platform/infrastructure/proxies"
SECURITY, REALMS = f"{PLATFORM}/security/deployment", f"{PLATFORM}/security/realms"
TRUST, STORE = f"{PLATFORM}/trust-relationships", f"{PLATFORM}/store"
REGION = "region=ece-region"
ARCHIVE = "0f2b6cd0a3e14c6f9d0e7f3a1b2c4d5e"
SHOP = "55a6ce1d5d9a4bd08e41aa3ed6ffc0d2"
CERTIFICATES, TLS = f"{PLATFORM}/security/extra_certs", f"{PLATFORM}/security/tls"
INFRASTRUCTURE = "/platform/infrastructure"
ROLES = f"{INFRASTRUCTURE}/blueprinter/roles"
SETTINGS = f"{INFRASTRUCTURE}/allocators/{ALLOCATOR}/settings"
LOGGING = ("adminconsole", "allocator", "constructor", "runner")
"""The hosts and services that have logging settings."""
DOMAIN_NAME, BASE_URL = f"{PLATFORM}/networking/deployment_domain_name", f"{PLATFORM}/api_base_url"
KEYS, TOKENS = "/users/auth/keys", f"{PLATFORM}/security/enrollment-tokens"
LICENSE, TELEMETRY = "/platform/license", "/phone-home/config"
NOTHING = "No changes. The dev environment matches the configuration.\n"
"""All that a plan prints when nothing is left to do or to say."""

SINGLETONS = (SETTINGS, LICENSE, TELEMETRY)


def platform(folder: Path) -> Project:
    """The example, with its state beside it."""
    shutil.copytree(EXAMPLES / "platform", folder)
    project = Project(folder, {f"PLANNER_VAR_{name}": value for name, value in SECRETS.items()})
    project.edit("planner.yaml", "../../state/platform/dev.json", "state/dev.json")
    return project


def ask(project: Project, method: str, path: str, **sent: Any) -> Any:
    """A call by somebody else; None for what is refused."""
    with project.sandbox() as ece:
        reply = ece.client.open(f"/api/v1{path}", method=method, headers=LOGIN, **sent)
        return reply.get_json() if reply.status_code < 300 else None


def holds(project: Project) -> dict[str, Any]:
    """All that the installation has of the kinds, as the API shows it."""
    paths = (
        *(f"{RULESETS}?include_associations=true", f"{PLATFORM}/snapshots/repositories"),
        *("/users?include_disabled=true", f"/comments/allocator/{ALLOCATOR}", *SINGLETONS),
        *(f"{PLATFORM}/instances", f"/deployments/templates?{REGION}"),
        *(TRUST, "/account", STORE, f"{PROXIES}/health", f"{PROXIES}/settings", ROLES),
        f"{INFRASTRUCTURE}/runners",
        *(f"{INFRASTRUCTURE}/allocators/192.168.44.{host}/metadata" for host in (10, 11)),
        *(SECURITY, REALMS, f"{TLS}/ui"),
        *(f"/deployments/{SHOP}/elasticsearch/_main/{what}" for what in ("keystore", "remote-clusters")),
        *(CERTIFICATES, "/stack/versions", DOMAIN_NAME, f"{DOMAIN_NAME}/kibana", BASE_URL, KEYS, TOKENS),
        *(f"{INFRASTRUCTURE}/{host}s/{ALLOCATOR}/logging_settings" for host in LOGGING),
    )
    return {path: ask(project, "GET", path) for path in paths}
