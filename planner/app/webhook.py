"""A webhook: whom to tell that something happened, by one small JSON document.

Its URL is a secret: whoever has it may post. It comes from the environment, and no message shows more of it
than the host.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import frozen

from planner.app.redaction import WEBHOOK
from planner.errors import PlannerError
from planner.net.address import Address, NoAddress, address_of
from planner.net.authorities import trusted
from planner.net.bodies import status_words
from planner.net.dates import retry_after

if TYPE_CHECKING:
    from planner.net.wire import Received

_PAUSES: Final = (1.0, 4.0)
"""Seconds before the second attempt, and before the third, which is the last."""

_LONGEST: Final = 30.0
"""Seconds that the other side may ask to wait instead."""

_TIMEOUTS: Final = (5.0, 15.0)
_LARGEST: Final = 1024 * 1024
_AUTHORITIES: Final = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_AGAIN: Final = f"Check {WEBHOOK} and the network, and run it again."
_FOR_NOW: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@frozen(eq=False, repr=False)
class Webhook:
    """Where to post. tell: takes a line whenever somebody has to wait. sleep: for so many seconds. now: since
    the epoch.
    """

    address: Address
    authorities: str | None
    tell: Callable[[str], object]
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.time

    @classmethod
    def named(cls, environ: Mapping[str, str], tell: Callable[[str], object]) -> Webhook:
        """The one that environ names. PlannerError where it names none that may be posted to."""
        url = environ.get(WEBHOOK, "").strip()
        if not url:
            raise PlannerError(f"{WEBHOOK} is not set", advice=f"Set {WEBHOOK} to the URL to post to.")
        try:
            address = address_of(url)
        except NoAddress as error:
            raise PlannerError(f"{WEBHOOK} {error}", advice=f"Set {WEBHOOK} to an https URL.") from None
        if address.in_the_clear:
            raise PlannerError(
                f"{WEBHOOK} is plain http: others could read what is posted", advice="Give an https URL."
            )
        return cls(address, trusted(_AUTHORITIES, environ, PlannerError), tell)

    def post(self, document: Mapping[str, Any]) -> None:
        """Posts it, three times at most. Who gets it may get it twice: a reply may be lost. PlannerError."""
        body, who = orjson.dumps(document), f"webhook at {self.address.place}"
        failure = self._attempt(body)
        for pause in _PAUSES:
            if failure is None or failure.lasting:
                break
            wait = pause if failure.asked is None else failure.asked
            self.tell(f"The {who}: {failure.words}; trying again in {wait:.0f} s")
            self.sleep(wait)
            failure = self._attempt(body)
        if failure is not None:
            raise PlannerError(f"the {who}: {failure.words}", advice=_AGAIN)

    def _attempt(self, body: bytes) -> _Failure | None:
        from planner.net.wire import BROKEN, Request, Wire, explain  # noqa: PLC0415 - where something is sent

        wire = Wire(verify=self.authorities or True, size=_LARGEST, patience=3.0)
        try:
            received = wire.send(Request("POST", self.address, _TIMEOUTS, {}, body))
            return _refusal(received, self.now())
        except BROKEN as error:
            trouble = explain(error)
            return _Failure(trouble.words, trouble.lasting)
        finally:
            wire.close()


@frozen
class _Failure:
    """Why an attempt failed. lasting: so would another. asked: seconds that the other side wants to have."""

    words: str
    lasting: bool
    asked: float | None = None


def _refusal(received: Received, now: float) -> _Failure | None:
    """None when it was taken. What else the other side says is not shown: it may quote the URL."""
    status = received.status
    if 200 <= status < 300:
        return None
    asked = retry_after(received.headers, now)
    waits_too_long = asked is not None and asked > _LONGEST
    for_now = status >= 500 or status in _FOR_NOW
    return _Failure(f"it answered {status_words(status)}", waits_too_long or not for_now, asked)
