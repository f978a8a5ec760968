"""Kinds whose resources are made up from their examples, as they are there or with the edit of their case."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any

from planner.kinds.registry import load_kinds
from planner.yaml12.core_schema import load
from tests.acceptance.kind_cases import CASES
from tests.acceptance.platform import (
    CERTIFICATES,
    INFRASTRUCTURE,
    KEYS,
    PROXIES,
    REALMS,
    ROLES,
    SHOP,
    STORE,
    TOKENS,
    TRUST,
)

Attributes = dict[str, Any]
TAGS = f"{INFRASTRUCTURE}/allocators/192.168.44.11/metadata"

LISTS: Mapping[str, tuple[str, str, str]] = {
    **dict.fromkeys(("ldap_realm", "active_directory_realm", "saml_realm"), (REALMS, "realms", "id")),
    "allocator_metadata_item": (TAGS, "", "key"),
    "blueprinter_role": (ROLES, "values", "id"),
    "config_store_option": (STORE, "values", "name"),
    "extra_certificate": (CERTIFICATES, "certs", ""),
    "proxies_filtered_group": (f"{PROXIES}/health", "filtered_groups", "group.id"),
    "stack_version": ("/stack/versions", "stacks", "version"),
    "trust_relationship": (TRUST, "trust_relationships", "id"),
    "api_key": (KEYS, "keys", "id"),
    "enrollment_token": (TOKENS, "tokens", "token_id"),
}
"""Where an installation lists them, below which key, and what their id is in an item ("": its key)."""

BELOW: Mapping[str, str] = {
    **{f"{host}_logging_settings": "192.168.44.10" for host in ("adminconsole", "allocator", "constructor")},
    "runner_logging_settings": "192.168.44.10",
    "allocator_metadata": "192.168.44.10",
    "runner_roles": "192.168.44.10",
    "resource_kind_domain_name": "kibana",
    "blueprinter_blessings": "search-hosts",
    "tls_chain": "ui",
    **dict.fromkeys(("deployment_domain_name", "api_base_url", "account_trust", "proxies_settings"), ""),
    **dict.fromkeys(("deployment_keystore", "remote_clusters"), SHOP),
}
"""Singletons that show the same as long as nobody writes them, by what is in their path."""

MOVING = ("realm_order", "security_deployment")
"""Singletons that others change too: realms come and go, and each change is a plan of their deployment."""


def from_example(kind: str, _: str, __: Mapping[str, list[str]], chance: Random) -> Attributes:
    text = load_kinds()[kind].example
    if (edit := CASES[kind].edit) and chance.random() < 0.5:
        text = text.replace(*edit)
    found: Mapping[str, Attributes] = load(text.encode())["resource"][kind]
    return dict(chance.choice([*found.values()]))


def key(name: str, _: Mapping[str, list[str]], chance: Random) -> Attributes:
    return {"description": f"{name} of CI", **chance.choice(({}, {"expiration": "90d"}))}


def token(_: str, __: Mapping[str, list[str]], chance: Random) -> Attributes:
    return {"roles": chance.choice((["allocator"], ["allocator", "proxy"]))}


MAKERS = {"api_key": key, "enrollment_token": token}
EXAMPLES = {kind: MAKERS.get(kind) or partial(from_example, kind) for kind in (*LISTS, *BELOW, *MOVING)}


def path_of(kind: str) -> str:
    return CASES[kind].path.format(id=BELOW[kind]).removesuffix("/roles")
