from __future__ import annotations

from . import Case

FILE = "saml/metadata.xml"
GOOD = (
    b'<?xml version="1.0"?>\n<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
    b"<md:IDPSSODescriptor/></md:EntityDescriptor>\n"
)
SEVERAL = b'<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">\n</EntitiesDescriptor>'


def case(*bad: bytes, lines: tuple[int, ...], good: bytes = GOOD) -> Case:
    files = {f"saml/{n}.xml": data for n, data in enumerate(bad)}
    return Case(files, {FILE: good}, tuple(zip(files, lines, strict=True)))


CASES = {
    "saml-not-xml": case(b"", GOOD[:-30], b"# metadata\n", GOOD + b"<a/>", lines=(1, 2, 1, 3)),
    "saml-doctype": case(
        b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "' + b"c" * 99 + b'">]>\n<a>&b;</a>',
        b"<!DOCTYPE html>\n<html><p></html>",
        lines=(2, 1),
    ),
    "saml-no-entity": case(
        b"<a/>",
        b"<EntityDescriptor/>",
        b"\n" + GOOD.replace(b"2.0:m", b"1.0:m")[22:],
        lines=(1, 1, 2),
        good=SEVERAL,
    ),
}
