"""Extra certificates: of the text that comes in, the certificates come out."""

from __future__ import annotations

import re
from typing import Any, Final

from werkzeug.wrappers import Response

from planner.sandbox import described, objects
from planner.sandbox.http import reply

PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


class Turn(described.Turn):
    """What is kept is public: the chain, without the key."""

    def taken(self, sent: dict[str, Any]) -> dict[str, Any]:
        chain = PEM.findall(sent[self.operation.text])
        if not chain:
            raise self.refusal("unknown")
        return {"chain": chain}

    def listing(self) -> Response:
        """A mapping by the ids."""
        found = objects.every(self.db, self.of.kind)
        return reply({self.operation.into: {thing.id: self.shown(thing) for thing in found}})
