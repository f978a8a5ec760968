"""Realms of users, and their order, of which the API shows one list.

Source of the facts: the ECE API's operations get-security-realm-configurations and reorder-security-realms,
and its definitions LdapSettings and ActiveDirectorySettings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from planner.ece.operations import Reply
from planner.errors import Refused
from planner.kinds.replies import NOBODY, Parts, pointed, unusable
from planner.kinds.rest import RestDriver
from planner.model.resource import Observed, Request
from planner.model.value import Value

NATIVE: Final = "native"
"""The type of the installation's own realm, which comes first and has no place to set."""


@frozen(eq=False, repr=False)
class RealmDriver(RestDriver):
    """No read shows a password: an update that lacks it would leave a realm that can ask nobody."""

    def body(self, request: Request, found: Observed | None) -> dict[str, Value]:
        body = super().body(request, found)
        asks = body.get("bind_dn") and not body.get("bind_anonymously")
        if found is not None and asks and not body.get("bind_password"):
            raise Refused(
                f"{request.address}: the update would take bind_password away",
                advice="Declare what the installation has, by a sensitive variable.",
            )
        return body


@frozen(eq=False, repr=False)
class RealmOrderDriver(RestDriver):
    """The API shows realms in no order, and takes all of them: those that are not declared come last."""

    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        realms = pointed(body, "/realms")
        if not isinstance(realms, list) or not all(isinstance(each, Mapping) for each in realms):
            raise unusable(f"a reply about {self.kind.name} holds no realms", reply, self.binding)
        own = (each for each in realms if each.get("type") != NATIVE)
        ids = [each.get("id") for each in sorted(own, key=_place)]
        return super().observe({"realms": ids}, reply, asked, shallow=shallow)

    def body(self, request: Request, found: Observed | None) -> dict[str, Value]:
        declared, there = request.desired.get("realms"), found.attributes.get("realms") if found else None
        return {"realms": [*dict.fromkeys([*_texts(declared), *_texts(there)])]}

    def moved(self, baseline: Mapping[str, Value], found: Mapping[str, Value]) -> Iterator[str]:
        """Realms that came or went are nobody's change of the order: the same run makes and deletes them."""
        before, now = _texts(baseline.get("realms")), _texts(found.get("realms"))
        if [id_ for id_ in before if id_ in now] != [id_ for id_ in now if id_ in before]:
            yield "realms"


def _place(realm: Mapping[str, Any]) -> int:
    order = realm.get("order")
    return order if isinstance(order, int) else 0


def _texts(value: Value) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
