"""Realms of users: LDAP, Active Directory and SAML, whose ids and places in the order are of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import yaml
from attrs import evolve
from werkzeug.wrappers import Response

from planner.sandbox import described, objects
from planner.sandbox.api.cascading import SECURITY, begin_plan, has_plan
from planner.sandbox.http import reply
from planner.sandbox.objects import Object

TYPES: Final = {"ldap": "ldap", "active-directory": "active_directory", "saml": "saml"}
"""What paths say -> what the list says."""

NATIVE: Final = "native"
MADE_UP: Final[Mapping[str, dict[str, Any]]] = {
    NATIVE: {"order": 0},
    "ldap": {"bind_type": "user_search", "bind_anonymously": True},
    "active_directory": {"domain_name": "example.com", "bind_anonymously": True},
    "saml": {
        "sp": {name: f"https://ece.example.com/{name}" for name in ("entity_id", "acs", "logout")},
        "attributes": {"principal": "nameid", "groups": "groups"},
    },
}
"""What a seed does not tell of realms, by their types."""

ID: Final = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
WEB: Final = re.compile(r"https?://[^/\s]+.*")
DIRECTORY: Final = re.compile(r"(ldaps?)://[^/\s]+")
URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
BUNDLES: Final = (
    *("certificate_url", "signing_certificate_url", "encryption_certificate_url", "ssl_certificate_url"),
)
SECRETS: Final = (
    *("bind_password", "certificate_url_truststore_password", "signing_certificate_url_password"),
    *("encryption_certificate_url_password", "ssl_certificate_url_truststore_password"),
)


class Turn(described.Turn):
    def ways(self) -> Mapping[str, Callable[[], Response]]:
        return {**super().ways(), "reorder": self.reorder}

    def listing(self) -> Response:
        return reply({"realms": [_info(each) for each in self._in_order()]})

    def reorder(self) -> Response:
        """All of them, each once."""
        ids = self.taken(self.sent)["realms"]
        there = {each.id: each for each in self._in_order() if each.parent != NATIVE}
        unknown = [id_ for index, id_ in enumerate(ids) if id_ not in there or id_ in ids[:index]]
        for refusal, wrong in (("unknown_ids", unknown), ("missing_ids", sorted(there.keys() - {*ids}))):
            if wrong:
                raise self.refusal(refusal, "realms", ids=", ".join(wrong))
        self._begin()
        for order, id_ in enumerate(ids, 1):
            thing = there[id_]
            if thing.body["order"] != order:
                stamp = thing.stamp.written(self.at.now())
                objects.update(self.db, evolve(thing, body={**thing.body, "order": order}, stamp=stamp))
        return reply({}, self.operation.done)

    def parent(self) -> str:
        if self.operation.does == "seed":
            return str(self.sent["type"])
        return TYPES[self.operation.path.split("/")[5]]

    def mint(self, sent: dict[str, Any]) -> str:
        id_ = super().mint(sent)
        if not ID.fullmatch(id_):
            raise self.refusal("id", "id", id=id_)
        if objects.named(self.db, self.of.kind, id_):
            raise self.refusal("taken", "id", id=id_)
        return id_

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        sent.pop("id", None)
        self._check(sent)
        others = [each for each in self._in_order() if each.id != before.id]
        last = max((each.body["order"] for each in others), default=0)
        sent = {"enabled": True, "order": before.body.get("order", last + 1), **sent}
        if taken := [each for each in others if each.body["order"] == sent["order"]]:
            raise self.refusal("order_taken", "order", id=taken[0].id)
        self._begin()
        return sent

    def seeded(self, sent: dict[str, Any]) -> dict[str, Any]:
        type_, urls = sent.pop("type"), sent.pop("urls")
        own = {"idp": {"entity_id": "idp", "metadata_path": urls[0]}} if type_ == "saml" else {"urls": urls}
        last = max((each.body["order"] for each in self._in_order()), default=0)
        return {"enabled": True, "order": last + 1, **MADE_UP[type_], **own, **sent}

    def shown(self, thing: Object) -> dict[str, Any]:
        return {name: value for name, value in super().shown(thing).items() if name not in SECRETS}

    def let_go(self, thing: Object) -> None:
        self._begin()
        super().let_go(thing)

    def _in_order(self) -> list[Object]:
        return sorted(objects.every(self.db, self.of.kind), key=lambda each: each.body["order"])

    def _check(self, sent: dict[str, Any]) -> None:
        type_ = self.parent()
        if sent.get("order", 1) < 1:
            raise self.refusal("order", "order")
        if type_ == "saml":
            if not WEB.fullmatch(url := sent["idp"]["metadata_path"]):
                raise self.refusal(type_, "idp.metadata_path", url=url)
        else:
            self._check_urls(type_, sent["urls"])
        for name in BUNDLES:
            if name in sent and not WEB.fullmatch(sent[name]):
                raise self.refusal("bundle", name, url=sent[name])
        if not _is_mapping(sent.get("override_yaml", "{}")):
            raise self.refusal("yaml", "override_yaml")

    def _check_urls(self, type_: str, urls: list[str]) -> None:
        """Those of directories; ldap and ldaps are not mixed."""
        if wrong := [url for url in urls if not URL.fullmatch(url)]:
            raise self.refusal("url", "urls", url=wrong[0])
        schemes = {found and found[1] for found in map(DIRECTORY.fullmatch, urls)}
        if len(schemes) != 1 or None in schemes:
            raise self.refusal(type_, "urls", url=", ".join(urls))

    def _begin(self) -> None:
        """The plan of the security deployment that each change takes."""
        if objects.find(self.db, SECURITY, "", "") is None:
            raise self.refusal("no_deployment")
        if has_plan(self.at, self.db):
            raise self.refusal("pending")
        begin_plan(self)


def _info(thing: Object) -> dict[str, Any]:
    """ECE API, SecurityRealmInfo."""
    body = thing.body
    urls = [body["idp"]["metadata_path"]] if thing.parent == "saml" else body["urls"]
    told = {"id": thing.id, "name": body["name"], "type": thing.parent, "urls": urls}
    return {**told, "enabled": body["enabled"], "order": body["order"]}


def _is_mapping(text: str) -> bool:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return False
    return found is None or isinstance(found, dict)
