"""A secret in any leaf of any field of any class of the model is in nothing that is shown or kept.

The classes are found, not listed: a new one, or a new field, is here as soon as it is written.
"""

from __future__ import annotations

import base64
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin
from urllib.parse import quote

import attrs
import orjson
import pytest

import planner.model
from planner.model.address import Address
from planner.model.codec import encode, encode_record
from planner.model.diagnostic import Diagnostic
from planner.model.known_secrets import known_secrets
from planner.model.ledger import Ledger, StepFinished
from planner.model.plan import Plan
from planner.model.preview import Preview
from planner.model.redaction import Role, for_display, for_file, roles
from planner.model.state import Intent, Outcome, State
from planner.model.value import Deferred, Fingerprint, Path, Reference
from planner.promote import log
from planner.render import events
from planner.render.diagnostics import render_diagnostics
from planner.render.html import render_html
from planner.render.ledger import render_ledger
from planner.render.markdown import form_for, render_comment, render_markdown_plan
from planner.render.style import Style
from planner.render.text import render_plan
from planner.state import locks
from planner.state.saved_plan import dump_plan
from planner.state.saved_preview import Previewed, dump_preview
from planner.state.snapshot import dump

SECRET = "Zq7x-Kw9P/ä<1"
KNOWN = known_secrets((SECRET,))
FORMS = {
    "as it is": SECRET,
    "in a text": f"see {SECRET}.",
    "in a URL": f"https://x.example/?a={quote(SECRET, safe='')}",
    "in base64": base64.b64encode(f"user:{SECRET}".encode()).decode(),
}
A = Address("extension", "a")
TIME = "2026-01-01T00:00:00Z"
WORDS = {
    "severity": "error",
    "status": "failed",
    "result": "failed",
    "mode": "normal",
    "what": "rejected",
    "promote_from": "upstream",
}
"""Words that the program knows, by their fields; any other field takes any."""
STYLE = Style(colours=False)


def classes() -> Iterator[type]:
    names = [item.name for item in pkgutil.iter_modules(planner.model.__path__, "planner.model.")]
    for module in (*map(importlib.import_module, names), log, locks):
        for item in vars(module).values():
            if isinstance(item, type) and attrs.has(item) and item.__module__ == module.__name__:
                yield item


LEAVES = (Address, Reference, Fingerprint)
"""Names of resources are names of templates, and fingerprints what is kept in place of a secret."""
CLASSES = sorted({c for c in classes() if c not in LEAVES}, key=lambda c: (c.__module__, c.__name__))


def made(kind: Any, text: str, kept: str = "kept") -> Any:
    """An instance with text in every leaf that may hold any, and kept in those which stay as they are."""
    if attrs.has(kind) and kind not in LEAVES:
        fields = {f.name: f for f in attrs.fields(attrs.resolve_types(kind)) if f.init}
        return kind(**{name.lstrip("_"): _field(f, text, kept) for name, f in fields.items()})
    for known, value in _PLAIN.items():
        if kind is known:
            return value
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next((item for item in kind if item.value == "update"), next(iter(kind)))
    return _MADE[get_origin(kind) or kind](kind, text, kept)


def _field(field: Any, text: str, kept: str) -> Any:
    if field.metadata.get("redaction") in (Role.WORD, Role.IDENTITY):
        fallback = TIME if field.name in ("at", "since", "until", "first_seen") else kept
        return made(field.type, WORDS.get(field.name, fallback), kept)
    return made(field.type, text, kept)


def _value(_kind: object, text: str, _kept: str) -> Any:
    later = Deferred((text, Reference(A, ("url",))))
    return {"key": text, f"{text} as a key": [text, {"deep": (text, [text])}], "later": later, "n": 5}


def _mapping(kind: Any, text: str, kept: str) -> Any:
    key, value = get_args(kind)
    return {"name" if value is Any else made(key, text, kept): made(value, text, kept)}


def _tuple(kind: Any, text: str, kept: str) -> Any:
    return ("name", text, 0) if kind == Path else (made(get_args(kind)[0], text, kept),)


def _list(kind: Any, text: str, kept: str) -> Any:
    return [made(get_args(kind)[0], text, kept)]


def _union(kind: Any, text: str, kept: str) -> Any:
    return made(next(item for item in get_args(kind) if item is not NoneType), text, kept)


_PLAIN = {int: 7, float: 1.5, bool: True, Address: A, timedelta: timedelta(), tzinfo: UTC} | {
    Reference: Reference(A, ("url",)),
    Fingerprint: Fingerprint("00", "11"),
}
_MADE: dict[Any, Callable[[Any, str, str], Any]] = {
    str: lambda _kind, text, _kept: text,
    Any: _value,
    Mapping: _mapping,
    dict: _mapping,
    tuple: _tuple,
    list: _list,
    Sequence: _list,
    frozenset: lambda kind, text, kept: frozenset([made(get_args(kind)[0], text, kept)]),
    Union: _union,
    UnionType: _union,
    Callable: lambda *_: repr,
}


def texts(thing: Any) -> Iterator[str]:
    """All texts in an object, keys too."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Mapping):
        yield from (text for pair in thing.items() for item in pair for text in texts(item))
    elif isinstance(thing, tuple | list | set | frozenset):
        yield from (text for item in thing for text in texts(item))
    else:
        kind: type = type(thing)
        yield from (text for name, _ in roles(kind) for text in texts(getattr(thing, name)))


def held(thing: Any) -> list[str]:
    return [text for text in texts(thing) if KNOWN.are_in(text)]


def file(thing: Any) -> Any:
    return for_file(thing, KNOWN, lambda _text: Fingerprint("00", "11"))


@pytest.mark.parametrize("kind", CLASSES)
def test_what_a_field_does_not_say_is_redacted(kind: type) -> None:
    for form, text in FORMS.items():
        thing = made(kind, text)
        before = held(thing)
        assert held(for_display(thing, KNOWN)) == [], form
        assert held(file(thing)) == [], form
        if before:
            assert any("(sensitive)" in text for text in texts(for_display(thing, KNOWN))), form


@pytest.mark.parametrize("kind", CLASSES)
def test_what_names_a_thing_is_kept_in_files_only(kind: type) -> None:
    thing = made(kind, "open", SECRET)
    declared = {name for name, role in roles(kind) if role in (Role.WORD, Role.IDENTITY)}
    for name in declared - {"promotions"}:  # records of their own
        assert getattr(file(thing), name) == getattr(thing, name)
    for name, role in roles(kind):
        if role is Role.IDENTITY:
            assert held(getattr(for_display(thing, KNOWN), name)) == []


def outputs(text: str) -> Iterator[tuple[str, str | bytes]]:
    """Everything that is rendered and written of what holds a secret."""
    plan, ledger = made(Plan, text), made(Ledger, text)
    shown, told = for_display(plan, KNOWN), for_display(ledger, KNOWN)
    yield "text", render_plan(shown, width=100, style=STYLE)
    yield "markdown", render_markdown_plan(shown, "v2:sha256:0")
    yield "events", orjson.dumps([*events.plan(shown, "v2:sha256:0"), *events.ledger(told)])
    yield "ledger", render_ledger(told, environment="dev", width=100, style=STYLE, resume="")
    preview = for_display(made(Preview, text), KNOWN)
    yield "page", render_html(preview)
    yield "comment", render_comment(preview, form_for("github", limit=60_000))
    yield "preview", dump_preview(Previewed(preview, {}))
    diagnostics = for_display((made(Diagnostic, text),), KNOWN)
    yield "diagnostics", render_diagnostics(diagnostics, width=100, style=STYLE)
    yield "step", orjson.dumps(events.step(for_display(made(StepFinished, text), KNOWN)))
    yield "saved plan", dump_plan(plan, file)
    yield "state", dump(attrs.evolve(made(State, text), promotions=()), file)
    yield "journal", orjson.dumps([encode_record(file(made(kind, text))) for kind in (Intent, Outcome)])
    yield "holder", orjson.dumps(encode(file(made(locks.Holder, text))))


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_is_rendered_or_written_holds_one(form: str) -> None:
    for name, output in outputs(FORMS[form]):
        text = output.decode() if isinstance(output, bytes) else output
        assert not KNOWN.are_in(text), name
        assert "Zq7x" not in text, name
        assert "sensitive" in text, name
