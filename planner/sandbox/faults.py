"""Faults on demand: which requests go wrong, and how. Pure; nothing here knows HTTP or SQLite.

A fault is one line of text:

    METHOD PATH EFFECT [OPTION=VALUE ...]

METHOD   GET, POST, PUT, DELETE, several with commas (POST,PUT), or * for any.
PATH     as in the API reference, as /deployments or /users; /api/v1 and a region are taken off.
         `*` or `{id}` stands for one segment, `**` for one or more, and * or ** alone for every path.
EFFECT   one of

    status:N           error reply with status N; code= and message= choose its body. Plain N means the same
    rate-limit[:S]     429 with Retry-After: S (1 second if not given)
    version-conflict   what the kind says of an older version, as 409 extensions.version_conflict
    id-exists          what the kind says of an id that is taken, as 409 extensions.id_already_exists
    expired            401 root.unauthenticated, as with a session or key that ran out
    html[:N]           an HTML page of a gateway with status N (502)
    ok-false[:N]       the gateway's {"ok": false, "message": ...} with status N (502)
    empty[:N]          status N (502) without a body
    delay:S            S seconds pass, then the request goes on (to the next fault, if one fires)
    hold               as delay, for as long as the fault is set
    reset-before       the connection is closed, nothing has happened
    drop-after         the request takes effect, then the connection is closed without a reply
    truncate           the request takes effect, half of the reply arrives, then the connection is closed
    cut-upload         half of the request body is read, then the connection is closed, nothing has happened
    wrong-size         the request takes effect, and its reply says a byte less of the stored file
    another            a good reply about another of its kind, the oldest other one, as from a cache that
                       mixes replies up; in a list the last one has the id of the first

  and what the request brings about goes on, but differs:

    fail-plan          of the plans that it has tried that of Elasticsearch fails, at step=, with message=
    no-start[:N]       N instances (1) do not start with the plan that it has tried, whatever they load
    no-plugins[:N]     N instances (1) run with that plan, and lack its plugins, until they start anew
    crash[:N]          when that plan is over, an instance has been started again by itself, N times (1)
    stay-yellow        when that plan is over, shards are not all there, until another one is
    other-change[:N]   somebody else has the deployment load one bundle more: before a write is looked at,
                       after a read was answered. With 1 that plan is still pending, else it is over.
                       url= is the bundle's, element= the element whose list gets it, else it is the plan's
    odd-plans          a read of a deployment tells of its plans what misleads: how= no-current, no-pending,
                       no-logs, no-reasons or newest-first
    ignores-validate-only  of ?validate_only=true, as if it were not there
    fail-settling      what it accepts to be done in time is not done, for the reason of message=

OPTION   which of the matching requests, counted from 1, and details

    nth=N              only the N-th
    from=N             the N-th and all later ones
    times=N            at most N times
    p=F                with probability F between 0 and 1; seed=N (0) makes another, repeatable sequence
    type=T             only requests with a body of this media type, as application/zip
    code=C message=M   of the error body (quote a message with blanks)
    when=after         status and gateway replies, and another: the request takes effect first (before is the
                       default)
    retry-after=S      a Retry-After header on status and gateway replies
    step=S kind=K      of fail-plan: where, and of which kind instead of Elasticsearch; kind= of no-start too

Of several faults that fire on one request the first wins; delays add up, and so does what differs. Examples:

    POST /deployments/extensions drop-after times=1
    PUT /deployments/extensions/* status:503 nth=2 message="try later"
    PUT /deployments/extensions/* 415 type=application/zip
    * ** expired from=20
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random
from typing import Any

from attrs import frozen

from planner.sandbox.http import Mark, operation_path

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# Per effect its default argument: None where the effect takes none, nan where one has to be given.
REQUIRED = float("nan")
EFFECTS: Mapping[str, float | None] = {
    "status": REQUIRED,
    "rate-limit": 1,
    "version-conflict": None,
    "id-exists": None,
    "expired": None,
    "html": 502,
    "ok-false": 502,
    "empty": 502,
    "delay": REQUIRED,
    "hold": None,
    "reset-before": None,
    "drop-after": None,
    "truncate": None,
    "cut-upload": None,
    "wrong-size": None,
    "another": None,
    "fail-plan": None,
    "no-start": 1,
    "no-plugins": 1,
    "crash": 1,
    "stay-yellow": None,
    "other-change": 0,
    "odd-plans": None,
    "ignores-validate-only": None,
    "fail-settling": None,
}
PASSING_EFFECTS = ("delay", "hold")
IGNORES = "ignores-validate-only"
PLAYED_EFFECTS = (
    *("fail-plan", "no-start", "no-plugins", "crash", "stay-yellow"),
    *("other-change", "odd-plans", IGNORES, "fail-settling"),
)
"""Handlers know what to make of these."""
STATUS_EFFECTS = ("status", "html", "ok-false", "empty")
AFTER_EFFECTS = (*STATUS_EFFECTS, "another")


@frozen
class FaultRule:
    """A fault as parsed; `spec` is the text that it came from and parses to the same rule."""

    spec: str
    methods: frozenset[str]
    path: re.Pattern[str]
    effect: str
    argument: float | None = None
    nth: int | None = None
    from_: int = 1
    times: int | None = None
    p: float = 1.0
    seed: int = 0
    code: str | None = None
    message: str | None = None
    when: str = "before"
    retry_after: str | None = None
    type: str | None = None
    step: str | None = None
    kind: str | None = None
    url: str | None = None
    element: str | None = None
    how: str | None = None

    @property
    def is_played(self) -> bool:
        return self.effect in PLAYED_EFFECTS

    @property
    def passes(self) -> bool:
        """Whether the request goes on as it is."""
        return self.effect in PASSING_EFFECTS or self.is_played

    @property
    def mark(self) -> Mark:
        """What a handler is told of it."""
        named = {name: getattr(self, name) for name in ("message", "step", "kind", "url", "element", "how")}
        texts = {name: value for name, value in named.items() if value is not None}
        return Mark(self.effect, int(self.argument or 0), texts)

    def matches(self, method: str, path: str, media_type: str = "", *, asks: bool = False) -> bool:
        """asks: the request only asks whether it would be taken, so that it brings nothing about."""
        if asks and self.is_played and self.effect != IGNORES:
            return False
        wanted = (not self.methods or method in self.methods) and self.type in (None, media_type)
        return wanted and self.path.fullmatch(path) is not None

    def fires(self, seen: int, fired: int) -> bool:
        """Whether on the `seen`-th matching request, counted from 1, after it fired `fired` times."""
        if seen < self.from_ or (self.nth is not None and seen != self.nth):
            return False
        if self.times is not None and fired >= self.times:
            return False
        # Seeded by the count, so that the answer does not depend on threads or processes.
        return self.p >= 1 or Random(f"{self.seed}:{seen}").random() < self.p  # noqa: S311 - chance, no secret


@lru_cache(maxsize=1024)
def parse(spec: str) -> FaultRule:
    """The fault that spec describes. Raises ValueError that quotes the spec and says what is wrong with
    it.
    """
    try:
        return _parse(spec)
    except ValueError as error:
        raise ValueError(f"fault {spec!r}: {error}") from None


def from_json(body: Any) -> list[FaultRule]:
    """A spec, {"spec": ...}, {"method", "path", "effect", ...options} or a list. Raises ValueError."""
    if isinstance(body, list):
        return [rule for element in body for rule in from_json(element)]
    if isinstance(body, str):
        return [parse(body)]
    if isinstance(body, dict) and isinstance(body.get("spec"), str):
        return [parse(body["spec"])]
    if isinstance(body, dict):
        return [parse(_spec_of(body))]
    raise ValueError('a fault is a text, {"spec": ...} or {"method", "path", "effect", ...}')


def _spec_of(body: Mapping[str, Any]) -> str:
    if missing := [key for key in ("method", "path", "effect") if not isinstance(body.get(key), str)]:
        raise ValueError(f"a fault needs {', '.join(missing)}")
    options = [f"{key}={value}" for key, value in body.items() if key not in ("method", "path", "effect")]
    return shlex.join([body["method"], body["path"], body["effect"], *options])


def _parse(spec: str) -> FaultRule:
    words = shlex.split(spec)
    if len(words) < 3:
        raise ValueError("expected METHOD PATH EFFECT [OPTION=VALUE ...]")
    effect, argument = _effect(words[2])
    options = dict(_option(word) for word in words[3:])
    if effect not in AFTER_EFFECTS and options.get("when") == "after":
        raise ValueError(f"when=after goes with {', '.join(AFTER_EFFECTS)}, not with {effect}")
    return FaultRule(spec, _methods(words[0]), _path(words[1]), effect, argument, **options)


def _methods(word: str) -> frozenset[str]:
    if word == "*":
        return frozenset()
    methods = frozenset(word.upper().split(","))
    if unknown := methods - set(METHODS):
        raise ValueError(f"unknown method {', '.join(sorted(unknown))}; known are {', '.join(METHODS)} and *")
    return methods


def _path(word: str) -> re.Pattern[str]:
    if word in ("*", "**"):
        return re.compile(".*")
    if not word.startswith("/"):
        raise ValueError(f"path {word!r} does not start with /")
    segments = (operation_path(word) or word).strip("/").split("/")
    return re.compile("".join("/" + _segment(segment) for segment in segments) + "/?")


def _segment(segment: str) -> str:
    if segment == "**":
        return ".+"
    if re.fullmatch(r"\{[^{}]*\}", segment):
        return "[^/]+"
    return re.escape(segment).replace(r"\*", "[^/]+" if segment == "*" else "[^/]*")


def _effect(word: str) -> tuple[str, float | None]:
    name, colon, text = ("status", ":", word) if word.isdigit() else word.partition(":")
    if name not in EFFECTS:
        raise ValueError(f"unknown effect {name!r}; known are {', '.join(EFFECTS)}")
    default = EFFECTS[name]
    if colon and default is None:
        raise ValueError(f"effect {name} takes no argument")
    if not colon and default is REQUIRED:
        raise ValueError(f"effect {name} needs an argument, as in {name}:{'0.5' if name == 'delay' else 503}")
    argument = _number(text, name) if colon else default
    if name in STATUS_EFFECTS and argument not in range(400, 600):
        raise ValueError(f"status {text} is not between 400 and 599")
    return name, argument


def _option(word: str) -> tuple[str, Any]:
    name, equals, text = word.partition("=")
    if not equals or name not in OPTIONS:
        raise ValueError(f"unknown option {word!r}; known are {', '.join(OPTIONS)}")
    return {"from": "from_", "retry-after": "retry_after"}.get(name, name), OPTIONS[name](text, name)


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{name} needs a number, not {text!r}") from None
    if not 0 <= number < float("inf"):
        raise ValueError(f"{name} needs a number of 0 or more, not {text!r}")
    return number


def _count(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"{name} needs a whole number of 1 or more, not {text!r}")
    return int(text)


def _probability(text: str, name: str) -> float:
    if (number := _number(text, name)) > 1:
        raise ValueError(f"{name} needs a number between 0 and 1, not {text!r}")
    return number


def _seed(text: str, name: str) -> int:
    return int(_number(text, name))


def _text(text: str, name: str) -> str:
    if not text or not text.isprintable():
        raise ValueError(f"{name} needs a printable text")
    return text


def _when(text: str, name: str) -> str:
    if text not in ("before", "after"):
        raise ValueError(f"{name} is before or after, not {text!r}")
    return text


OPTIONS: Mapping[str, Callable[[str, str], Any]] = {
    "nth": _count,
    "from": _count,
    "times": _count,
    "p": _probability,
    "seed": _seed,
    "code": _text,
    "message": _text,
    "when": _when,
    "retry-after": _text,
    "type": _text,
    "step": _text,
    "kind": _text,
    "url": _text,
    "element": _text,
    "how": _text,
}
