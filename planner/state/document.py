"""JSON documents that outlive the program which wrote them: a format version, a digest, a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from typing import Any, Protocol, TypeVar

import orjson
from attrs import field, frozen
from jsonschema_rs import Draft202012Validator, ValidationError

from planner.errors import NewerFormat
from planner.model.codec import digest
from planner.model.value_json import Data, indented
from planner.net.bodies import MOST_ELEMENTS, holds_too_many
from planner.resources import schema

T = TypeVar("T")
Migration = Callable[[Data], Data]

_SHOWN = 5


class Redact(Protocol):
    """An object of the model as it may be written: the same without known secrets."""

    def __call__(self, thing: T, /) -> T: ...


def keep(thing: T) -> T:
    """The redaction where there is nothing to hide."""
    return thing


class BadDocument(ValueError):
    """What is wrong with a document, as a phrase that goes after its name: "is empty"."""


class NewerDocument(BadDocument):
    """Written by a newer planner; nothing is wrong with it otherwise."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(f"has format_version {version}, this planner reads up to {known}")


def refuse_newer(shown: str, version: int, known: int) -> None:
    """NewerFormat for what a newer planner wrote. Never with advice to go back to something older."""
    if version > known:
        raise NewerFormat(f"{shown} {NewerDocument(version, known)}")


def version_in(document: object) -> int:
    """The format_version that a document tells; 0 when it tells none."""
    version = document.get("format_version") if isinstance(document, dict) else None
    return version if type(version) is int else 0


def require_known(document: object, known: int) -> None:
    """NewerDocument, before anything else is looked at: a newer format may look otherwise altogether."""
    if (version := version_in(document)) > known:
        raise NewerDocument(version, known)


@frozen(eq=False, repr=False)
class Format:
    """One kind of document: its schema, and how earlier versions become the present one. name: of the schema
    file, as "state". version: the one written and, in the end, read.

    migrations: version -> a function from a document of that version to one of the next. It may change the
    document it is given. digests: version -> the digest of a document of that version, from all of it but the
    digest; where there is none, it is over all of that.
    """

    name: str
    version: int
    migrations: Mapping[int, Migration]
    digests: Mapping[int, Callable[[Data], str]] = field(factory=dict)

    def write(self, body: Data, version: int | None = None) -> bytes:
        """body, sealed: with format_version and digest in front, indented. version: an earlier one that body
        follows as well.
        """
        return indented(self.seal(body, version))

    def seal(self, body: Data, version: int | None = None) -> Data:
        versioned = {"format_version": version or self.version, **body}
        head = {"format_version": versioned["format_version"], "digest": self._digest_of(versioned)}
        return {**head, **body}

    def read(self, data: bytes) -> Data:
        """The body that was written, brought to this version. BadDocument."""
        document = parse(data)
        version = self._version_of(document)
        self._check_digest(document)
        for step in range(version, self.version):
            document = {**self.migrations[step](document), "format_version": step + 1}
        check(self.name, document)
        return {key: value for key, value in document.items() if key not in ("format_version", "digest")}

    def _version_of(self, document: Data) -> int:
        version = document.get("format_version")
        if type(version) is not int:
            raise BadDocument(f"is not a planner {self.name}: it has no format_version")
        require_known(document, self.version)
        if any(step not in self.migrations for step in range(version, self.version)):
            raise BadDocument(f"has the unknown format_version {version}")
        return version

    def _check_digest(self, document: Data) -> None:
        rest = {key: value for key, value in document.items() if key != "digest"}
        if "digest" not in document:
            raise BadDocument("was altered: its digest is missing")
        if self._digest_of(rest) != document["digest"]:
            raise BadDocument("was altered: its content does not match its digest")

    def _digest_of(self, versioned: Data) -> str:
        try:
            return self.digests.get(versioned["format_version"], digest)(versioned)
        except TypeError as error:  # of orjson: beyond 254 levels, or half of a surrogate pair
            deep = "surrogates" not in str(error)
            what = "nests lists and mappings too deep" if deep else "holds a text that is no UTF-8"
            raise BadDocument(what) from error


def loads(data: bytes) -> Any:
    """The JSON in data, which may come from anywhere. ValueError; BadDocument for more than memory can hold.

    What planner writes takes eight bytes and more for each element.
    """
    if holds_too_many(data, max(MOST_ELEMENTS, len(data) // 8)):
        raise BadDocument("holds more elements than planner writes")
    return orjson.loads(data)


def parse(data: bytes) -> Data:
    """The object that a document is. BadDocument."""
    if not data.strip(b" \t\r\n\0"):
        raise BadDocument("is empty" if not data else "holds nothing but blanks")
    try:
        document = loads(data)
    except orjson.JSONDecodeError as error:
        raise BadDocument(_how_broken(data, error)) from error
    if not isinstance(document, dict):
        raise BadDocument("is not a JSON object")
    return document


def _how_broken(data: bytes, error: orjson.JSONDecodeError) -> str:
    if data.lstrip().startswith(b"{") and not data.rstrip().endswith(b"}"):
        return f"is truncated: it breaks off after {len(data)} bytes"
    return f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(f"{name}.schema.json"), mask="the value")


def check(name: str, document: object) -> None:
    """BadDocument when document does not follow the schema: problems as "problem @ path"."""
    validator = _validator(name)
    if validator.is_valid(document):
        return
    problems = map(_problem, islice(validator.iter_errors(document), _SHOWN))
    raise BadDocument(f"does not follow the format: {'; '.join(problems)}")


def _problem(error: ValidationError) -> str:
    keys = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
    return f"{error.message} @ ${''.join(keys)}"
