"""What every shipped kind file has to keep: what the kit for authors asks, first of all."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import jsonschema_rs
import pytest
from attrs import evolve
from werkzeug.test import Client

from planner.kinds.registry import KindFile, load_kinds, read_kind_file
from planner.kinds.testing import examples, flaws, round_trip
from planner.model.resource import Content
from planner.resources import kind_files
from planner.sandbox import create_app
from tests.acceptance.kind_cases import CASES, certificate
from tests.unit.sandbox.swagger import SWAGGER, swagger

from .described import EXTRACT, SENT, differences
from .extract import Extracting, as_text

UPDATE = bool(os.environ.get("PLANNER_UPDATE_GOLDEN"))
FILES = {path.stem: path for path in kind_files()}


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest) -> Path:
    return FILES[request.param]


@pytest.fixture
def kind_file(path: Path) -> KindFile:
    return read_kind_file(path)


def test_the_kit_finds_nothing(path: Path) -> None:
    assert flaws(path, load_kinds()) == []


def test_its_attributes_are_valid_schemas(kind_file: KindFile) -> None:
    jsonschema_rs.meta.validate(dict(kind_file.kind.schema))
    jsonschema_rs.Draft202012Validator(dict(kind_file.kind.declaration_schema))


def test_its_error_codes_are_of_the_api(kind_file: KindFile) -> None:
    assert [code for code in kind_file.binding.errors if not re.fullmatch(r"[a-z_.]+", code)] == []


DEPLOYMENT = "55a6ce1d5d9a4bd08e41aa3ed6ffc0d2"
ARCHIVE = "0f2b6cd0a3e14c6f9d0e7f3a1b2c4d5e"
SEED: Mapping[str, Any] = {
    "adminconsoles": [{"adminconsole_id": "192.168.44.10"}],
    "allocators": [{"allocator_id": "192.168.44.10"}, {"allocator_id": "192.168.44.11"}],
    "constructors": [{"constructor_id": "192.168.44.10"}],
    "runners": [{"runner_id": "192.168.44.10"}],
    "blueprinter_roles": [{"id": "search-hosts"}],
    "deployments": [{"id": DEPLOYMENT, "name": "shop"}, {"id": ARCHIVE, "name": "archive"}],
    "traffic_filters": [
        {"id": "office", "name": "o", "type": "ip", "region": "r", "include_by_default": False, "rules": []}
    ],
}
GIVEN = {
    "{{ resource.traffic_filter.office.id }}": "office",
    "{{ var.shop_certificate }}": certificate("shop"),
    "deployment: shop": f"deployment: {DEPLOYMENT}",
    "- extension.synonyms": "- {type: bundle, name: s, url: 'https://a.example', elasticsearch_version: 8.*}",
}
"""What expressions of examples come to."""

LEVELS = {"logging_levels": {"ROOT": "DEBUG"}}
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "account_trust": {"trust": {"trust_all": True}},
    "active_directory_realm": {"name": "changed", "bind_dn": "cn=ece", "bind_password": "secret"},
    "adminconsole_logging_settings": LEVELS,
    "allocator_logging_settings": LEVELS,
    "allocator_metadata": {"items": [{"key": "rack", "value": "8"}]},
    "allocator_metadata_item": {"value": "9"},
    "allocator_settings": {"capacity": 57344},
    "api_base_url": {"value": "changed"},
    "api_key": {},
    "blueprinter_blessings": {"runner_ids_to_blessing": {"192.168.44.10": {"value": False}}},
    "blueprinter_role": {"auto_blessed": True, "containers": []},
    "comment": {"message": "changed"},
    "config_store_option": {"value": "changed"},
    "constructor_logging_settings": LEVELS,
    "deployment_domain_name": {"value": "changed"},
    "deployment_keystore": {"secrets": {"s3.client.default.secret_key": {"value": "changed"}}},
    "deployment_template": {"name": "changed"},
    "enrollment_token": {},
    "extension": {"description": "changed"},
    "extension_binding": {
        "extensions": [
            {
                "type": "bundle",
                "name": "words",
                "url": "https://files.example/w",
                "elasticsearch_version": "*",
            }
        ]
    },
    "extra_certificate": {"certificate": certificate("other")},
    "instance_configuration": {"storage_multiplier": 8},
    "ldap_realm": {"name": "changed", "role_mappings": {"default_roles": [], "rules": []}},
    "license": {
        "max_resource_units": 200,
        "max_allocators": 3,
        "max_ram_per_allocator_mb": 1,
        "max_instances": 5,
        "subscription_type": "enterprise",
        "operation_mode": "a",
        "cluster_licenses": [{"license": {}}],
    },
    "proxies_settings": {"expected_proxies_count": 4},
    "proxies_filtered_group": {"filters": [], "expected_proxies_count": 3},
    "realm_order": {"realms": ["contractors", "auditors"]},
    "remote_clusters": {
        "resources": [
            {"alias": "old", "deployment_id": ARCHIVE, "elasticsearch_ref_id": "main-elasticsearch"}
        ]
    },
    "resource_kind_domain_name": {"value": "changed"},
    "runner_logging_settings": LEVELS,
    "runner_roles": {"roles": [{"role_name": "proxy"}]},
    "saml_realm": {"attributes": {"principal": "nameid", "groups": "changed"}},
    "security_deployment": {"version": "8.18.0"},
    "snapshot_repository": {"settings": {"bucket": "changed"}},
    "stack_version": {},
    "telemetry": {"enabled": True},
    "tls_chain": {"certificate": certificate("other")},
    "traffic_filter": {"rules": [{"source": "192.0.2.0/24", "description": "changed"}]},
    "traffic_filter_association": {},
    "trust_relationship": {"name": "changed", "account_ids": []},
    "user": {"full_name": "changed"},
}


def stack_pack(folder: Path) -> Content:
    """With one version, 8.16.0."""
    path = folder / "stack.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("8.16.0/stack.json", "{}")
    data = path.read_bytes()
    return Content("stack.zip", hashlib.sha256(data).hexdigest(), len(data), str(path))


def live(kind_file: KindFile) -> None:
    """A round trip in the sandbox. AssertionError, PlannerError."""
    local = {a.name for a in kind_file.kind.attributes.values() if a.local}
    text = kind_file.example
    for expression, value in GIVEN.items():
        text = text.replace(expression, value.replace("\n", "\\n"))
    found = next(examples(evolve(kind_file, example=text)))
    wanted = {key: value for key, value in found.items() if key not in local}
    with create_app(
        ":memory:", seed={**SEED, **(CASES[kind_file.kind.name].seed if kind_file.kind.name in CASES else {})}
    ) as app:
        facts = kind_file.kind.content
        with TemporaryDirectory() as folder:
            content = stack_pack(Path(folder)) if facts and facts.at_once else None
            round_trip(kind_file, app, wanted, CHANGES[kind_file.kind.name], app.clock.advance, content)


def test_it_says_where_it_is_to_be_had(kind_file: KindFile) -> None:
    """The version is that of the extract. What Elastic Cloud lacks, the sandbox as one lacks too."""
    assert kind_file.ece == "3.8"
    read = kind_file.binding.reading
    query = {name: value.replace("{region}", "r") for name, value in read.query.items()}
    with create_app(":memory:", platform="cloud") as app:
        path = re.sub(r"{\w+}", "1", read.operation.path)
        reply = Client(app).get(f"/api/v1{path}", query_string=query, headers={"Authorization": "ApiKey t"})
    lacks = (reply.get_json() or {}).get("ok") is False
    assert (kind_file.cloud, "ECE only" in kind_file.description) == (not lacks, lacks)


def test_round_trip_in_the_sandbox(kind_file: KindFile) -> None:
    live(kind_file)


PENDING = "errors: no operation answers security_deployment.cluster_pending_plan_exists"
ALLOWED: Mapping[str, Mapping[str, str]] = {
    "account_trust": {
        "update: its body does not need trust": "an update without it changes nothing",
        r"singleton: always, .*": "404 is of who asks: no write makes an account",
    },
    "allocator_metadata_item": {
        "(update|delete): its version is compared": "it is of all tags of an allocator: each would wait",
    },
    "api_key": {
        "(list|read): a reply has no expiration": "it has the expiration_date that comes of it",
    },
    "blueprinter_blessings": {
        "singleton: absent-when-404, .*": "a role without blessings has none to take over",
    },
    **{
        kind: {
            "errors: no operation answers security_deployment.not_found": "of get-security-deployment: realms"
            " are those of that deployment",
            PENDING: "of set-api-base-url, which gives that deployment a plan as well",
        }
        for kind in ("ldap_realm", "active_directory_realm", "saml_realm", "realm_order")
    },
    "comment": {
        r"errors: comments.resource_does_not_exist .*": "it is what the comment is on that is not there",
    },
    "deployment_keystore": {
        "secrets: it is a secret by its name, and shown": "the names of settings are, their values are not",
    },
    "deployment_template": {
        "(create|update): system_owned is taken, and not sent": "of the system's own, which nobody makes",
        r"(create|update): .*\.\w+ needs (region|plan|\w+_ref_id)": "filled in",
        r"(create|update): .*\.plan needs \w+": "filled in",
        r"(create|update): .*\.size needs \w+": "filled in",
    },
    "enrollment_token": {
        "create: its body needs persistent": "added: one that is not has no id",
        "create: its body does not need roles": "the reply to a create has none, by which a reply is whole",
    },
    "extension": {
        "update: extension_type can be changed": "required by an update, and ignored: Extensions, the guide",
        "errors: no operation answers extensions.extension_in_use": "told by the guide, of a delete",
        r"errors: extensions.no_user_id is of .*": "a create says it with 404, and nothing is missing then",
    },
    "extension_binding": {
        "update: its body (has no|does not need) extensions": "they are in the plan of the nodes",
        "update: its body needs prune_orphans": "it is sent with each",
        "read: a reply has no following": "it is what the replies had before",
        "following: it stays through updates, or changes by itself": "it is known before they are done",
        "read: a reply has no owned": "who put an entry into a plan the state alone knows",
        "owned: it stays through updates, or changes by itself": "it grows with what is declared",
        "read: a reply has no (extensions|loaded)": "they are in the plan of the nodes",
        "errors: no operation answers deployments.version_conflict": "of ?version= it is not described",
        "errors: no operation answers clusters.invalid_extension_url": "of Elastic Cloud: the guide tells",
        "loaded: it stays through updates, or changes by itself": "others change it, which is told as drift",
    },
    "instance_configuration": {
        "(create|update): (system_owned|deleted_on) is taken, and not sent": "403 configuration.system_owned",
        "(create|update): config_version is taken, and not sent": "of configuration control",
        "(create|update): max_zones is taken, and not sent": "shown where show_max_zones asks for it",
        "update: instance_type can be changed": "instances of it would run something else: nobody tried",
    },
    "proxies_settings": {
        r"update: http_settings(\.sso_settings)? needs \w+": "a merge patch names what changes",
    },
    "proxies_filtered_group": {
        "(create|update): its body does not need id": "400 proxies.proxies_filtered_group_empty_id",
    },
    "remote_clusters": {
        "update: resources.info is taken, and not sent": "read-only, as the description says of it",
        r"update: resources\.info needs \w+": "what is read-only is all there",
    },
    "resource_kind_domain_name": {
        r"singleton: absent-when-404, .*": "404 is of the name: each kind of resources is there",
    },
    "security_deployment": {
        PENDING: "of set-api-base-url, which gives it a plan as well",
        "read: a reply has no topology": "SecurityDeployment has none, and its requests do",
    },
    "tls_chain": {
        r"update: its body is \(None, 'string'\)": "PEM, of a media type that is not told",
    },
    "traffic_filter": {
        "(create|update): rules.id is taken, and not sent": "sent of a member that has one",
        "update: type can be changed": "Elastic's own provider of Terraform replaces a filter for it",
        "update: region can be changed": "Elastic's own provider of Terraform replaces a filter for it",
    },
    "traffic_filter_association": {
        "errors: no operation answers traffic_filter.invalid_association_type": "of another operation: "
        "get-traffic-filter-deployment-ruleset-associations",
    },
    "trust_relationship": {
        "update: its body does not need (name|public_ca_cert)": "a create does",
    },
    "user": {
        "(create|update): (builtin|metadata) is taken, and not sent": "400 user.restricted_field",
        r".*: security\.permissions is taken, and not sent": "400 user.restricted_field",
        r".*: security\.elevated_permissions is taken, and not sent": "400 user.restricted_field",
        r".*: security\.security_realm is taken, and not sent": "400 user.restricted_field",
        "(create|update): security does not need roles": "a user without roles can do nothing",
    },
}
"""Kind -> a difference, as a pattern -> its source."""


def unlike(kind_file: KindFile) -> Iterator[str]:
    """Where a kind file is not as the API's description, and what is allowed and not so."""
    found, allowed = list(differences(kind_file)), ALLOWED.get(kind_file.kind.name, {})
    yield from (each for each in found if not any(re.fullmatch(pattern, each) for pattern in allowed))
    yield from (pattern for pattern in allowed if not any(re.fullmatch(pattern, each) for each in found))


def test_it_is_as_the_api_describes_it(kind_file: KindFile) -> None:
    assert list(unlike(kind_file)) == []


@pytest.mark.skipif(not SWAGGER.exists(), reason="the API description is not here")
def test_the_extract_is_of_the_description() -> None:
    text = as_text(Extracting(swagger()).extract(load_kinds().values(), SENT))
    if UPDATE:
        EXTRACT.write_text(text)
    assert EXTRACT.read_text() == text
