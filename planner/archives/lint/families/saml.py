"""Metadata of SAML's identity providers: saml/NAME.xml."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, Final
from xml.parsers import expat

from planner.archives.lint.certificates import VALIDITY, Certificate, endings
from planner.archives.lint.family import Family, Sign, Strength
from planner.archives.lint.tree import File
from planner.model.diagnostic import WARNING
from planner.model.lint import Finding, Rule, Unchecked

_METADATA: Final = "https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf"
_REALM: Final = "https://www.elastic.co/guide/en/elasticsearch/reference/8.15/saml-guide-stack.html"
_NAMESPACE: Final = "urn:oasis:names:tc:SAML:2.0:metadata"

NOT_XML: Final = Rule(
    "saml-not-xml",
    WARNING,
    "is no well-formed XML",
    "A realm whose metadata cannot be read lets nobody in.",
    "Fetch it again from the identity provider, as XML and not as the page that shows it.",
    _METADATA,
)
DOCTYPE: Final = Rule(
    "saml-doctype",
    WARNING,
    "has a DOCTYPE",
    "Readers of SAML refuse it, since entities could be declared there. HTML pages have one, too.",
    "Take the DOCTYPE out, or fetch the metadata again.",
    _REALM,
)
NO_ENTITY: Final = Rule(
    "saml-no-entity",
    WARNING,
    "has no EntityDescriptor at its root, nor EntitiesDescriptor",
    "Metadata are one of these elements, in the namespace of SAML 2.0's metadata.",
    "Take the metadata of the identity provider, not an answer or a request.",
    _METADATA,
)
ENDS: Final = Rule(
    "saml-certificate-ends",
    WARNING,
    "has a signing certificate that ends within 30 days, or has ended",
    "Identity providers change to another before. Whoever has the old metadata then refuses what they sign: "
    "nobody gets in.",
    "Fetch the metadata again, which have the new one beside it as soon as there is one.",
    VALIDITY,
)

_PLACE: Final = re.compile(r"saml/(?:.*/)?[^/]+\.xml")
_KEY: Final = f"{_NAMESPACE} KeyDescriptor"
_CERTIFICATE: Final = "http://www.w3.org/2000/09/xmldsig# X509Certificate"
_ROOTS: Final = frozenset({f"{_NAMESPACE} EntityDescriptor", f"{_NAMESPACE} EntitiesDescriptor"})
_BLOCK: Final = 64 * 1024
_MOST: Final = 100
"""Certificates that are looked at."""
_LONGEST: Final = 16
"""Pieces of the text of one, each of up to 8 KiB."""


def recognise(name: str, _start: bytes) -> Sign | None:
    return Sign(Strength.PLACE, "it is a .xml file in saml/") if _PLACE.fullmatch(name) else None


def check(file: File) -> Iterator[Finding | Unchecked]:
    reader = _Reader()
    try:
        with file.stream() as stream:
            reader.read(stream)
    except _Doctype:
        pass
    except (LookupError, ValueError) as error:
        yield Unchecked(file.name, f"its encoding is not known ({error}); it was not looked at")
    except expat.ExpatError as error:
        sentence = f"{NOT_XML.sentence}: {expat.ErrorString(error.code)}"
        reader.found.append(NOT_XML.at(error.lineno, sentence=sentence))
    yield from reader.found
    yield from endings(file.name, ENDS, reader.certificates)


class _Doctype(Exception):
    """Nothing is read on after a DOCTYPE, so that no entity is expanded."""


class _Reader:
    """One file, element by element. certificates: those that sign."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.certificates: list[Certificate] = []
        self._text: list[str] | None = None
        self._is_first, self._signs = True, False
        parser = self._parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.CharacterDataHandler = self._characters

    def read(self, stream: IO[bytes]) -> None:
        while block := stream.read(_BLOCK):
            self._parser.Parse(block, False)
        self._parser.Parse(b"", True)

    def _doctype(self, *_: object) -> None:
        self.found.append(DOCTYPE.at(self._parser.CurrentLineNumber))
        raise _Doctype

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._is_first and name not in _ROOTS:
            sentence = f"{NO_ENTITY.sentence}: it is {name.rpartition(' ')[2]}"
            self.found.append(NO_ENTITY.at(self._parser.CurrentLineNumber, sentence=sentence))
        self._is_first = False
        if name == _KEY:
            self._signs = attributes.get("use") != "encryption"
        elif name == _CERTIFICATE and self._signs and len(self.certificates) < _MOST:
            self._text = []

    def _characters(self, text: str) -> None:
        if self._text is not None and len(self._text) < _LONGEST:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if name == _KEY:
            self._signs = False
        elif name == _CERTIFICATE and self._text is not None:
            data = "".join(self._text).encode(errors="replace")
            self._text = None
            with suppress(ValueError):
                data = b64decode(data)
            self.certificates.append(Certificate(data, self._parser.CurrentLineNumber))


FAMILY: Final = Family("saml", "metadata of SAML", (NOT_XML, DOCTYPE, NO_ENTITY, ENDS), recognise, check)
