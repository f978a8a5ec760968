"""Keystores of deployments: a write names what changes, and a setting without a value goes.

Source of the facts: the ECE API's operations get- and set-deployment-es-resource-keystore, and which secure
settings Elasticsearch reloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from planner.ece.operations import Reply
from planner.kinds.replies import NOBODY, Parts
from planner.kinds.rest import RestDriver, said
from planner.model.compare import same
from planner.model.resource import Observed, Request, Result
from planner.model.value import Value

RELOADABLE: Final = re.compile(
    r"(azure|gcs|s3)\.client\..+|discovery\.ec2\..+|cluster\.remote\..+\.credentials"
    r"|xpack\.(notification|monitoring\.exporters|security\.authc\.realms\.(jwt|ldap|active_directory))\..+"
)
"""What running nodes read anew: see Secure settings, in the guide of Elasticsearch."""


@frozen(eq=False, repr=False)
class KeystoreDriver(RestDriver):
    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        """A setting that is named is there, whatever else a reply leaves out."""
        observed = super().observe(body, reply, asked, shallow=shallow)
        shown = _named(observed.attributes)
        secrets = {name: {**(_mapping(secret)), "value": None} for name, secret in shown.items()}
        return evolve(observed, attributes={**observed.attributes, "secrets": secrets})

    def body(self, request: Request, found: Observed | None) -> dict[str, Value]:  # noqa: ARG002 - see RestDriver
        wanted, held = _named(request.desired), _named(request.baseline)
        changed = {name: secret for name, secret in wanted.items() if not same(secret, held.get(name))}
        gone: dict[str, Value] = {name: {} for name in held if name not in wanted}
        return {"secrets": {**gone, **changed}}

    def besides(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None
    ) -> Iterator[str]:
        before, after = _named(held), _named(wanted)
        names = {name for name in {**before, **after} if not same(before.get(name), after.get(name))}
        if restart := _restart(names):
            yield restart
        there = _named(observed.attributes) if observed else {}
        if theirs := sorted(there.keys() - before.keys() - after.keys()):
            yield f"not declared, and kept: {', '.join(theirs)}"

    def update(self, request: Request) -> Result:
        sent = _named(self.body(request, None))
        result = super().update(request)
        return evolve(result, note=said(result.note, _restart(sent)))


def _named(attributes: Mapping[str, Value]) -> Mapping[str, Value]:
    return _mapping(attributes.get("secrets"))


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _restart(names: Iterable[str]) -> str:
    """What has to follow a change of these, "" for nothing."""
    found = sorted(name for name in names if not RELOADABLE.fullmatch(name))
    if not found:
        return ""
    return f"the nodes have to be restarted: they cannot reload {', '.join(found)}"
