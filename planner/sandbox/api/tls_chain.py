"""The certificates of the services of the platform, each with its chain."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve
from werkzeug.wrappers import Response

from planner.sandbox import described, objects, settling
from planner.sandbox.api.extra_certificate import PEM
from planner.sandbox.http import reply
from planner.sandbox.objects import Object
from planner.sandbox.settling import APPLIED

SERVICES: Final = ("adminconsole", "proxy", "ui", "internalca")
KEY: Final = re.compile(r"\s*-----BEGIN (RSA |EC )?PRIVATE KEY-----\s")
SECONDS: Final = 30.0
"""That it takes until services have another chain."""


class Turn(described.Turn):
    """A new chain is accepted, and shown once the service has it."""

    def ways(self) -> Mapping[str, Callable[[], Response]]:
        return {**super().ways(), "accept": self.accept}

    def accept(self) -> Response:
        thing, text = self.found(), self.sent[self.operation.text]
        chain = PEM.findall(text)
        if not chain or not KEY.match(text):
            raise self.refusal("no_chain")
        objects.update(self.db, evolve(thing, body=self.shown(thing)))
        then = {"chain": chain, "user_supplied": True}
        settles = settling.accept(self.at.clock, SECONDS, then, settling.spoiled(self.call))
        settling.keep(self.db, self.of.kind, thing.id, settles)
        return reply({"service": thing.id}, self.operation.done)

    def found(self) -> Object:
        if self.id not in SERVICES:
            raise self.refusal("absent")
        return super().found()

    def shown(self, thing: Object) -> dict[str, Any]:
        last = settling.find(self.db, self.of.kind, thing.id)
        done = last is not None and last.state(self.at.now()) == APPLIED
        return {**super().shown(thing), **(last.then if last and done else {})}
