"""Metadata of SAML's identity providers: saml/NAME.xml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

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

_PLACE: Final = re.compile(r"saml/(?:.*/)?[^/]+\.xml")
_ROOTS: Final = frozenset({f"{_NAMESPACE} EntityDescriptor", f"{_NAMESPACE} EntitiesDescriptor"})
_BLOCK: Final = 64 * 1024


class _Found(Exception):
    """Nothing is read on after a DOCTYPE, so that no entity is expanded."""


def recognise(name: str, _start: bytes) -> Sign | None:
    return Sign(Strength.PLACE, "it is a .xml file in saml/") if _PLACE.fullmatch(name) else None


def check(file: File) -> Iterator[Finding | Unchecked]:
    found: list[Finding] = []
    is_first = True
    parser = expat.ParserCreate(namespace_separator=" ")

    def doctype(*_: object) -> None:
        found.append(DOCTYPE.at(parser.CurrentLineNumber))
        raise _Found

    def element(name: str, _attributes: object) -> None:
        nonlocal is_first
        if is_first and name not in _ROOTS:
            root = name.rpartition(" ")[2]
            found.append(
                NO_ENTITY.at(parser.CurrentLineNumber, sentence=f"{NO_ENTITY.sentence}: it is {root}")
            )
        is_first = False

    parser.StartDoctypeDeclHandler, parser.StartElementHandler = doctype, element
    try:
        with file.stream() as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
        parser.Parse(b"", True)
    except _Found:
        pass
    except (LookupError, ValueError) as error:
        yield Unchecked(file.name, f"its encoding is not known ({error}); it was not looked at")
    except expat.ExpatError as error:
        found.append(
            NOT_XML.at(error.lineno, sentence=f"{NOT_XML.sentence}: {expat.ErrorString(error.code)}")
        )
    yield from found


FAMILY: Final = Family("saml", "metadata of SAML", (NOT_XML, DOCTYPE, NO_ENTITY), recognise, check)
