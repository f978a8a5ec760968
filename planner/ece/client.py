"""The client: one call is one operation, sent until it is answered or must not be sent again."""

from __future__ import annotations

import logging
import random as randomness
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, Unpack
from urllib.parse import urlencode

import orjson
import urllib3
from attrs import define, evolve, field
from requests.adapters import BaseAdapter

from planner.ece.auth import Auth, LoginAuth
from planner.ece.operations import Message, Operation, Reply, Sent, Timeouts
from planner.ece.redaction import Discretion, WireLog, redact
from planner.ece.retry import RetryPolicy, Throttle, Tries
from planner.ece.settings import Settings
from planner.ece.verdicts import Circumstances, Failure, is_expired_login, of_reply, of_trouble
from planner.errors import NotFound, OutcomeUnknown, PlannerError
from planner.model.resource import ServerTime
from planner.model.retry import Retry, Retrying
from planner.model.value import Secret, leaves
from planner.net.address import Address, NoAddress, address_of
from planner.net.authorities import flaw_of
from planner.net.dates import sleepless_clock
from planner.net.wire import BROKEN, Received, Request, Wire

if TYPE_CHECKING:
    from planner.net.wire import Body

_NOTHING: Final[Mapping[str, str]] = {}
_LOG: Final = logging.getLogger("planner.ece")
_API: Final = "/api/v1"


def _api_address(base_url: str) -> Address:
    """base_url with /api/v1 once."""
    try:
        found = address_of(base_url)
    except NoAddress as error:
        raise PlannerError(
            f"{redact(base_url)} is not an address of an API: it {error}",
            advice="Write it as https://host:12443.",
        ) from error
    return evolve(found, path=found.path.rstrip("/").removesuffix(_API).rstrip("/") + _API, query="")


Attempt = Callable[[int], Reply | Failure]
Exchanged = tuple[Reply | Failure, Received | None]


@define(eq=False, repr=False)
class Client:
    """ECE's HTTP API, for any number of threads at once.

    base_url: "https://host:12443", with or without /api/v1. region: of regional operations. verify: True,
    False, or the path of a CA file or folder. pool_size: connections at the same time. transport: an adapter
    to send through instead of the client's own pool. sleep, random, clock: for retries. monotonic: seconds;
    how long a rate limit and a reply last. discretion: what logs and messages must not show besides the
    credentials. permit: asked before each attempt of a call that writes; raises a PlannerError where nothing
    may be sent any more. retrying: hears of what is sent again.
    """

    _base: Address = field(alias="base_url", converter=_api_address)
    auth: Auth = field(kw_only=True)
    _region: str | None = field(default=None, kw_only=True)
    _timeouts: Timeouts = field(default=Timeouts(), kw_only=True)
    _retry: RetryPolicy = field(default=RetryPolicy(), kw_only=True)
    _verify: bool | str = field(default=True, kw_only=True)
    _pool_size: int = field(default=10, kw_only=True)
    _transport: BaseAdapter | None = field(default=None, kw_only=True)
    _sleep: Callable[[float], object] | None = field(default=None, kw_only=True)
    _random: Callable[[], float] = field(default=randomness.random, kw_only=True)
    _clock: Callable[[], float] = field(default=time.time, kw_only=True)
    _monotonic: Callable[[], float] = field(default=sleepless_clock, kw_only=True)
    _discretion: Discretion = field(default=Discretion(), kw_only=True)
    _permit: Callable[[], object] = field(default=lambda: None, kw_only=True)
    _retrying: Retrying = field(default=nullcontext, kw_only=True)
    _wire: Wire = field(init=False)
    _wirelog: WireLog = field(init=False)
    _throttle: Throttle = field(init=False)
    where: str = field(init=False)
    """host:port, for messages."""

    _told: tuple[datetime, float] | None = field(default=None, init=False)
    """A time of the server, and when it was asked."""

    def __attrs_post_init__(self) -> None:
        self.where = f"{evolve(self._base, port=None).place}:{self._base.port_or_usual}"
        self._wire = Wire(
            verify=self._verify, pool_size=self._pool_size, transport=self._transport, clock=self._monotonic
        )
        self._wirelog = WireLog(_LOG, self._discretion.fields)
        self._throttle = Throttle(self._sleep, self._monotonic)
        if self._verify is False and self._base.scheme == "https":
            _warn_unverified(self.where)

    @property
    def server_time(self) -> ServerTime | None:
        """What the server's clock showed; None before a reply that was a success said it."""
        if self._told is None:
            return None
        said, asked = self._told
        passed = timedelta(seconds=ceil(self._monotonic() - asked))
        return ServerTime(_iso(said), _iso(said + passed))

    def call(self, operation: Operation, params: Mapping[str, str] = _NOTHING, **sent: Unpack[Sent]) -> Reply:
        """The API's reply to operation. params: put into its path.

        Raises ApiError (NotFound, Conflict, Unauthenticated), Unreachable, OutcomeUnknown, and PlannerError
        for an upload that cannot be read. Which one when: the table in planner.ece.verdicts.
        """
        message = self._message(operation, params, sent)
        attempt_once: Attempt = partial(self._attempt, message)
        return self._until_settled(message, attempt_once, writes=operation.writes)

    def file(self, url: str, most: int) -> bytes:
        """What is at a temporary address that the API gave: see planner.ece.files. most: bytes."""
        from planner.ece.files import fetch  # noqa: PLC0415 - only where somebody wants to see what is stored

        wire = Wire(verify=self._verify, size=most, clock=self._monotonic, transport=self._transport)
        try:
            return fetch(wire, url, self._base, (self._timeouts.connect, self._timeouts.read))
        finally:
            if self._transport is None:
                wire.close()

    def hurry(self) -> None:
        """Who waits for a rate limit ends, with the refusal as the error: nothing was done."""
        self._throttle.hurry()

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _message(self, operation: Operation, params: Mapping[str, str], sent: Sent) -> Message:
        json, text, upload = sent.get("json"), sent.get("text"), sent.get("upload")
        region = f"/regions/{self._region}" if self._region and operation.regional else ""
        path = region + operation.path_with(params)
        query = urlencode(sent.get("query") or {})
        address = evolve(self._base, path=self._base.path + path, query=query)
        body = None if json is None else orjson.dumps(json, default=_plain)
        found = leaves(text.content if text else json)
        secrets = tuple(leaf for _, leaf in found if isinstance(leaf, Secret))
        read = operation.timeout or (self._timeouts.read if upload is None else self._timeouts.upload)
        message = Message(operation, path, address, body, upload, (self._timeouts.connect, read), secrets)
        return evolve(message, body=text.content.encode(), type=text.type) if text else message

    def _until_settled(self, message: Message, attempt_once: Attempt, *, writes: bool = False) -> Reply:
        tries, unsure = Tries(self._retry, self._throttle, self._random), False
        self._hold()
        outcome = attempt_once(tries.attempt)
        while isinstance(outcome, Failure):
            unsure |= outcome.unsure and writes
            pause = tries.pause_after(outcome)
            if pause is None:
                raise _in_doubt(outcome.error) if unsure else outcome.error
            self._wirelog.pause(message, pause)
            with self._retrying(self._next(outcome.reason, pause, tries.attempt)):
                (self._throttle.rest if outcome.throttled else self._sleep or time.sleep)(pause)
                outcome = attempt_once(tries.attempt)
        self._throttle.passed()
        return evolve(outcome, repeated=True) if unsure else outcome

    def _hold(self) -> None:
        """Before a call, wait for as long as the server wants none."""
        if (pause := self._throttle.closed_for) > 0:
            with self._retrying(self._next("", pause, 1)):
                self._throttle.rest(pause)

    def _next(self, reason: str, pause: float, attempt: int) -> Retry:
        return Retry(self.where, reason, pause, attempt, self._retry.attempts)

    def _attempt(self, message: Message, attempt: int) -> Reply | Failure:
        authorization = self.auth.authorization(self._call_as)
        outcome, received = self._exchange(message, attempt, authorization)
        if received is None or not is_expired_login(received) or not isinstance(self.auth, LoginAuth):
            return outcome
        renewed = self.auth.renewed(authorization, self._call_as)
        # A 401 did nothing, so even what is not repeatable may be sent again, once.
        return self._exchange(message, attempt, renewed)[0]

    def _call_as(self, operation: Operation, json: Any, authorization: str | None) -> Reply:
        """A call for the authentication itself: with this Authorization header, or none."""
        message = self._message(operation, _NOTHING, {"json": json})
        return self._until_settled(message, lambda number: self._exchange(message, number, authorization)[0])

    def _send(self, message: Message, authorization: str | None) -> Received:
        headers = {} if authorization is None else {"Authorization": authorization}
        if message.operation.proxied:
            headers["X-Management-Request"] = "true"
        opening: AbstractContextManager[Body] = nullcontext(message.body)
        if message.upload is not None:
            from planner.ece.upload_bodies import opened  # noqa: PLC0415 - only where something is uploaded

            opening = opened(message.upload, message.timeouts[1])
        if message.body is not None:
            headers["Content-Type"] = message.type
        with opening as body:
            to = message.operation.method, message.address, message.timeouts
            return self._wire.send(Request(*to, headers, body))

    def _exchange(self, message: Message, attempt: int, authorization: str | None) -> Exchanged:
        secrets = (*self.auth.secrets, *message.secrets, *self._discretion.texts())
        at = Circumstances(message.operation, self.where, attempt, self._clock(), self.auth.advice, secrets)
        if message.operation.writes:
            try:
                self._permit()
            except PlannerError as error:
                return Failure(error), None
        start, asked = self._wirelog.request(message, at), self._monotonic()
        try:
            received = self._send(message, authorization)
        except BROKEN as error:
            failure = of_trouble(error, at)
            failure.error.__cause__ = error
            self._wirelog.ended(message, at, failure.error.summary, start)
            return failure, None
        self._wirelog.reply(message, at, received, start)
        outcome = of_reply(received, at)
        if isinstance(outcome, Reply) and outcome.date is not None:
            self._told = outcome.date, asked
        return outcome, received


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_doubt(error: PlannerError) -> PlannerError:
    """The error of a write of which an earlier attempt may have taken effect; NotFound says what is there."""
    if isinstance(error, NotFound | OutcomeUnknown):
        return error
    doubt = OutcomeUnknown(error.summary, advice=error.advice)
    doubt.__cause__ = error
    return doubt


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _warn_unverified(where: str) -> None:
    _LOG.warning("TLS certificates are not verified: whoever sits between here and %s can read along", where)
    # Said once, above; urllib3 would say it for each connection.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def open_client(
    settings: Settings,
    *,
    pool_size: int = 10,
    transport: BaseAdapter | None = None,
    discretion: Discretion = Discretion(),  # noqa: B008  # frozen
    permit: Callable[[], object] = lambda: None,
    retrying: Retrying = nullcontext,
) -> Client:
    """A client as the settings say. transport: an adapter to send through; the sandbox needs one.

    discretion, permit, retrying: see Client.
    """
    if settings.is_sandbox and transport is None:
        raise PlannerError("The sandbox runs inside this process: a client for it needs its transport")
    usual, seconds = Timeouts(), settings.timeout
    return Client(
        settings.endpoint,
        auth=settings.auth,
        region=settings.region,
        timeouts=usual if seconds is None else Timeouts(read=seconds, upload=max(seconds, usual.upload)),
        verify=_verify(settings),
        pool_size=pool_size,
        transport=transport,
        discretion=discretion,
        permit=permit,
        retrying=retrying,
    )


def _verify(settings: Settings) -> bool | str:
    if settings.insecure:
        return False
    if settings.ca_file is None:
        return True
    path = Path(settings.ca_file).expanduser()
    if flaw := flaw_of(path):
        raise PlannerError(
            f"The CA file {path} {flaw}", advice="Correct ca_file in planner.yaml, or EC_CA_FILE."
        )
    return str(path)
