"""A secret in any leaf of any field of any class of the model is in nothing that is shown or kept.

The classes are found, not listed, and so is what renders them: a new one, or a new field, is here as soon as
it is written.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import pathlib
import pkgutil
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from enum import Enum
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote

import attrs
import orjson
import pytest

import planner.model
import planner.render
from planner.model.address import Address
from planner.model.codec import encode, encode_record
from planner.model.known_secrets import known_secrets
from planner.model.plan import Action, Change, Plan
from planner.model.preview import Preview
from planner.model.redaction import Role, for_display, for_file, named, roles
from planner.model.state import Intent, Outcome, State
from planner.model.value import Deferred, Fingerprint, Path, Reference, Secret, Value
from planner.promote import log
from planner.render.markdown.form import CommentForm
from planner.render.progress import live_progress
from planner.render.standings import Place
from planner.render.style import Style
from planner.state import locks
from planner.state.saved import Previewed, dump_plan, dump_preview
from planner.state.snapshot import dump
from tests.unit.render.previews import form_for

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
    "action": "update",
    "severity": "error",
    "status": "failed",
    "result": "failed",
    "mode": "normal",
    "what": "rejected",
    "promote_from": "upstream",
    "sign": "+",
}
"""Words that the program knows, by their fields; any other field takes any."""
TIMES = ("at", "since", "until", "first_seen")
STYLE = Style(colours=False)


def classes() -> Iterator[type]:
    names = [item.name for item in pkgutil.iter_modules(planner.model.__path__, "planner.model.")]
    for module in (*map(importlib.import_module, names), log, locks):
        for item in vars(module).values():
            if isinstance(item, type) and attrs.has(item) and item.__module__ == module.__name__:
                yield item


CLASSES = sorted(set(classes()) - {Fingerprint, locks.Lease}, key=lambda c: (c.__module__, c.__name__))


@attrs.frozen
class Filling:
    """What is put into the leaves: into those that may hold any text, into names and ids, into words.

    later: whether values may hold what is not known yet.
    """

    text: str = "open"
    name: str = "kept"
    word: str = "kept"
    later: bool = True

    def made(self, kind: Any) -> Any:
        """An instance of a class or type, with all that it can hold."""
        for known, value in _PLAIN.items():
            if kind is known:
                return value
        if kind is Address:
            return Address("extension", self.name)
        if kind is Reference:
            return Reference(self.made(Address), ("url", self.name))
        if attrs.has(kind):
            fields = {f.name: f for f in attrs.fields(attrs.resolve_types(kind)) if f.init}
            return kind(**{name.lstrip("_"): self._field(f) for name, f in fields.items()})
        if isinstance(kind, type) and issubclass(kind, Enum):
            return next((item for item in kind if item.value == "update"), next(iter(kind)))
        return _MADE[get_origin(kind) or kind](kind, self)

    def _field(self, field: Any) -> Any:
        role = field.metadata.get("redaction")
        if field.name in {"promotions", "run"}:  # records of their own, without secrets when they are made
            return () if field.name == "promotions" else {}
        if role is Role.WORD:
            fallback = TIME if field.name in TIMES else self.word
            return attrs.evolve(self, text=WORDS.get(field.name, fallback)).made(field.type)
        return (attrs.evolve(self, text=self.name) if role is Role.IDENTITY else self).made(field.type)


def made(kind: Any, text: str) -> Any:
    return Filling(text).made(kind)


def _value(_kind: object, filling: Filling) -> Any:
    text = filling.text
    later = {"later": Deferred((text, filling.made(Reference)))} if filling.later else {}
    return {"key": text, f"{text} as a key": [text, {"deep": [text, (text,)]}], "n": 5, **later}


def _mapping(kind: Any, filling: Filling) -> Any:
    key, value = get_args(kind)
    return {"name" if value is Any else filling.made(key): filling.made(value)}


def _tuple(kind: Any, filling: Filling) -> Any:
    if kind == Path:
        return ("name", filling.text, 0)
    items = get_args(kind)
    return tuple(map(filling.made, items if set(items) == {int} else items[:1]))


def _list(kind: Any, filling: Filling) -> Any:
    return [filling.made(get_args(kind)[0])]


def _union(kind: Any, filling: Filling) -> Any:
    return filling.made(next(item for item in get_args(kind) if item is not NoneType))


_PLAIN = {int: 7, float: 1.5, bool: True, timedelta: timedelta(), tzinfo: UTC} | {
    Fingerprint: Fingerprint("00", "11"),
}
_MADE: dict[Any, Callable[[Any, Filling], Any]] = {
    str: lambda _kind, filling: filling.text,
    Any: _value,
    Mapping: _mapping,
    dict: _mapping,
    tuple: _tuple,
    list: _list,
    Sequence: _list,
    Iterable: _list,
    Collection: _list,
    frozenset: lambda kind, filling: frozenset(_list(kind, filling)),
    Union: _union,
    UnionType: _union,
    Callable: lambda *_: lambda *_: (),
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
def test_one_in_a_single_field_is_found(kind: type) -> None:
    plain, secret = made(kind, "open"), made(kind, SECRET)
    for name, _ in roles(kind):
        thing = attrs.evolve(plain, **{name.lstrip("_"): getattr(secret, name)})
        assert held(for_display(thing, KNOWN)) == [], name
        assert held(file(thing)) == [], name


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        Secret(SECRET),
        [SECRET],
        (1, (SECRET,)),
        {"deep": {"a": None, "b": SECRET}},
        {"deep": {SECRET: False}},
        OrderedDict(a=MappingProxyType({"b": SECRET})),
        Deferred((SECRET, Reference(A, ("id",)))),
        Deferred(("", Reference(Address("extension", SECRET), ("id",)))),
        Deferred(("", Reference(A, ("tags", SECRET)))),
    ],
)
def test_one_in_a_single_place_of_a_value_is_found(value: Value) -> None:
    change = Change(A, Action.UPDATE, "", after={"a": 0, "b": "", "c": value})
    assert held(change)
    assert held(for_display(change, KNOWN)) == []


@pytest.mark.parametrize("kind", CLASSES)
def test_what_names_a_thing_is_kept_in_files_only(kind: type) -> None:
    thing = Filling(name=SECRET, word=SECRET).made(kind)
    kept = file(thing)
    for name, role in roles(kind):
        if role in (Role.WORD, Role.IDENTITY):
            assert getattr(kept, name) == getattr(thing, name)
    assert held(kept) == held(thing)
    assert held(for_display(Filling(name=SECRET).made(kind), KNOWN)) == []


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_named_after_a_secret_is_found(kind: type) -> None:
    """So that it is refused before it is kept."""
    thing = Filling(name=SECRET).made(kind)
    assert bool(named(thing, KNOWN)) == bool(held(thing))
    assert named(made(kind, SECRET), KNOWN) == ()


def test_names_that_become_the_same_stay_apart() -> None:
    graph = {Address("extension", name): (A,) for name in (SECRET, SECRET.replace("/", "%2F"), "b")}
    assert [str(address) for address in for_display(graph, KNOWN)] == [
        "extension.(sensitive)",
        "extension.(sensitive) 2",
        "extension.b",
    ]


def renderers() -> Iterator[Callable[..., Any]]:
    """All that make something of the model for people or programs, from arguments that can be made here."""
    for item in pkgutil.walk_packages(planner.render.__path__, "planner.render."):
        module = importlib.import_module(item.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                kinds = [kind for name, kind in _hints(function).items() if name != "return"]
                if any(map(_is_of_the_model, kinds)) and all(map(_can_be_made, kinds)):
                    yield function


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Those of a class that the module imports for its types only too; its own names come first."""
    classes = {kind.__name__: kind for kind in CLASSES}
    return get_type_hints(function, localns=classes | function.__globals__)


def _parts(kind: Any) -> Iterator[Any]:
    yield from () if isinstance(kind, list) else (kind,)
    for part in kind if isinstance(kind, list) else get_args(kind):
        yield from _parts(part)


def _is_of_the_model(kind: Any) -> bool:
    return any(part in CLASSES or part is Place for part in _parts(kind))


def _can_be_made(kind: Any) -> bool:
    known = {*CLASSES, *_PLAIN, *_MADE, *_ARGUMENTS, Place, NoneType}
    return all((get_origin(part) or part) in known for part in _parts(kind) if part is not ...)


_ARGUMENTS = {
    int: 100,
    pathlib.Path: pathlib.Path("project"),
    Style: STYLE,
    CommentForm: form_for("github", limit=60_000),
}


def argument(name: str, kind: Any, filling: Filling) -> Any:
    if kind in _ARGUMENTS:
        return _ARGUMENTS[kind]
    if Any in _parts(kind):  # values by themselves are those of files, which wait for nothing
        filling = attrs.evolve(filling, later=False)
    return TIME if name in TIMES else filling.made(kind)


def written(thing: Any) -> str:
    """All texts of what a renderer made."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, Mapping):
        return "\n".join(map(written, (*thing, *thing.values())))
    if isinstance(thing, Iterable):
        return "\n".join(map(written, thing))
    return "\n".join(texts(thing)) if attrs.has(type(thing)) else str(thing)


@pytest.mark.parametrize("render", list(renderers()), ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_nothing_that_is_rendered_holds_one(render: Callable[..., Any]) -> None:
    """As every command does it: first what it shows is redacted, then it is rendered."""
    kinds = {name: kind for name, kind in _hints(render).items() if name != "return"}
    for form, text in FORMS.items():
        arguments = {name: argument(name, kind, Filling(text, text)) for name, kind in kinds.items()}
        shown = written(render(**for_display(arguments, KNOWN)))
        assert not KNOWN.are_in(shown), form
        assert "Zq7x" not in shown, form
        if KNOWN.are_in(written(render(**arguments))):
            assert "sensitive" in "".join(shown.split()), f"{form}, in however narrow a column"


def test_no_renderer_goes_untried() -> None:
    """Those of html and markdown that others do not call take parts that only these packages make."""
    modules = [module for module in vars(planner.render).values() if inspect.ismodule(module)]
    every = {
        function
        for module in modules
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__.startswith(planner.render.__name__)
        and any(map(_is_of_the_model, _hints(function).values()))
    }
    untried = {f for f in every - set(renderers()) if not f.__name__.startswith("_")}
    assert len(every) > 40
    assert untried == {live_progress}  # counts the steps of a plan; what it shows is events, by finished_line


def outputs(text: str) -> Iterator[tuple[str, str | bytes]]:
    """Everything that is written of what holds a secret."""
    plan, preview = made(Plan, text), for_display(made(Preview, text), KNOWN)
    yield "preview", dump_preview(Previewed(preview, {}))
    yield "saved plan", dump_plan(plan, file)
    yield "state", dump(made(State, text), file)
    yield "journal", orjson.dumps([encode_record(file(made(kind, text))) for kind in (Intent, Outcome)])
    yield "holder", orjson.dumps(encode(file(made(locks.Holder, text))))


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_is_written_holds_one(form: str) -> None:
    for name, output in outputs(FORMS[form]):
        text = output.decode() if isinstance(output, bytes) else output
        assert not KNOWN.are_in(text), name
        assert "Zq7x" not in text, name
        assert "sensitive" in text, name
