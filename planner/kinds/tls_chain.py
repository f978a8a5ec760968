"""TLS certificates of services: another chain is only accepted, and in effect once it is shown.

Source of the facts: the ECE API's operations get- and set-tls-certificate.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from planner.ece.operations import Reply
from planner.errors import Conflict, Refused
from planner.kinds.replies import NOBODY, Parts
from planner.kinds.rest import RestDriver
from planner.model.resource import PENDING, Observed, Request, Result, Settling
from planner.model.value import Value

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


@frozen(eq=False, repr=False)
class TlsChainDriver(RestDriver):
    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        found = super().observe(body, reply, asked, shallow=shallow)
        return _with_chain(found, [*_certificates("".join(map(str, _chain(found.attributes))))])

    def update(self, request: Request) -> Result:
        """What is known of it from then on is what was sent: the read just after it shows what was before."""
        result = super().update(request)
        sent = _sent(request)
        return evolve(result, observed=result.observed and _with_chain(result.observed, sent))

    def body(self, request: Request, found: Observed | None) -> dict[str, Value]:
        if found and found.attributes.get("api_managed") is False:
            raise Refused(
                f"{request.address}: the installation does not let the API change it",
                advice="Take it out of the templates, and change it where it is managed.",
            )
        body = super().body(request, found)
        if body.get("certificate") and not _sent(request):
            raise Refused(
                f"{request.address}: there is no certificate in what is to be sent",
                advice="Give the private key, the certificate and those that signed it, as PEM.",
            )
        return body

    def guard(self, request: Request) -> tuple[Observed, str]:
        """What shows the certificates that are to be sent was changed by nobody else: a reply was lost. Nor
        does it tell of anybody else that those which were sent before are not shown yet.
        """
        try:
            return super().guard(request)
        except Conflict as conflict:
            found = conflict.observed
            if found and request.pending:
                return found, "the certificates that were sent before it are not in effect yet"
            if found is None or not _is_in_effect(_chain(found.attributes), _sent(request)):
                raise
            return found, "it shows these certificates already"

    def settled(self, request: Request) -> Result:
        """It is done when the installation shows what was sent; of a run that ended the state knows that."""
        found, wanted = self.read(request.id or ""), _sent(request) or _chain(request.baseline)
        if found is None or not wanted or _is_in_effect(_chain(found.attributes), wanted):
            return Result(found)
        awaited = Settling(PENDING, "it shows the certificates of before")
        return Result(_with_chain(found, wanted), settling=awaited)


def _is_in_effect(shown: list[Value], wanted: list[Value]) -> bool:
    """What is well known, as who signed the others, a service may leave out."""
    return shown[:1] == wanted[:1] and all(each in wanted for each in shown)


def _sent(request: Request) -> list[Value]:
    return [*_certificates(str(request.desired.get("certificate") or ""))]


def _chain(attributes: Mapping[str, Value]) -> list[Value]:
    chain = attributes.get("chain")
    return [*chain] if isinstance(chain, list | tuple) else []


def _with_chain(found: Observed, chain: list[Value]) -> Observed:
    return evolve(found, attributes={**found.attributes, "chain": chain})


def _certificates(text: str) -> Iterator[str]:
    """The certificates in PEM, each written in one way: lines of 64 characters (RFC 7468)."""
    for body in _PEM.findall(text):
        lines = textwrap.wrap("".join(body.split()), 64)
        yield "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"))
