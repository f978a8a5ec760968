"""Roles of the blueprinter, and the blessings with one: parts of one reply, each with a version of its own.

What the API gives no second chance for is refused before it is sent: an update that would take secrets of
containers away, which a read may show and nobody keeps, and a delete of a role that hosts are blessed with.
Source of the facts: the ECE API's operations get-, update- and delete-blueprinter-role, and
set-blueprinter-blessings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from attrs import evolve, frozen

from planner.ece.operations import Reply
from planner.errors import NotFound, Refused
from planner.kinds.replies import NOBODY, Parts, pointed
from planner.kinds.rest import RestDriver
from planner.model.resource import Observed, Request, Result
from planner.model.value import Value

SECRETS: Final = ("runners_secret", "container_set_secret")


@frozen(eq=False, repr=False)
class PartDriver(RestDriver):
    """A part of the reply, whose version stands beside it."""

    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        observed = super().observe(body, reply, asked, shallow=shallow)
        version = pointed(body, self.binding.attributes.removesuffix("/value") + "/meta/version")
        return observed if version is None else evolve(observed, version=str(version))


@frozen(eq=False, repr=False)
class RoleDriver(PartDriver):
    def update(self, request: Request) -> Result:
        there = pointed(self._shown(request), "/role/value/containers")
        lost = [*_lost(there, request.desired.get("containers"))]
        if lost:
            raise Refused(
                f"{request.address}: the update would take {', '.join(lost)} away",
                advice="Declare what the installation has, by sensitive variables.",
            )
        return super().update(request)

    def delete(self, request: Request) -> Result:
        with suppress(NotFound):
            blessings = pointed(self._shown(request), "/blessings/value/runner_ids_to_blessing") or {}
            if blessed := sorted(host for host in blessings if pointed(blessings[host], "/value")):
                raise Refused(
                    f"{request.address}: {', '.join(blessed)} may still run its containers",
                    advice="Take the blessings away first, by value: false.",
                )
        return super().delete(request)

    def _shown(self, request: Request) -> Any:
        return self.call(self.binding.calls["read"], self.parts_of(request.id or "")).body


@frozen(eq=False, repr=False)
class BlessingsDriver(PartDriver):
    """A role without blessings has none to take over."""

    def read(self, id: str) -> Observed | None:  # noqa: A002 - the API's word
        found = super().read(id)
        return found if found and found.attributes.get("runner_ids_to_blessing") else None

    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        """The id of the role is beside its blessings; who asked for another is told so."""
        if isinstance(body, Mapping) and "id" in body:
            part = body.get("blessings") or {}
            value = {"runner_ids_to_blessing": {}, **part.get("value", {}), "role_id": body["id"]}
            body = {**body, "blessings": {**part, "value": value}}
        return super().observe(body, reply, asked, shallow=shallow)


def _lost(there: Any, declared: Value) -> Iterator[str]:
    """The secrets of containers that a read shows and that are not declared."""
    options = dict(_options(declared))
    for name, held in _options(there):
        for secret in SECRETS:
            if name in options and held.get(secret) and secret not in options[name]:
                yield f"{secret} of {name}"


def _options(containers: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for container in containers if isinstance(containers, list | tuple) else ():
        yield str(pointed(container, "/name")), pointed(container, "/options") or {}
