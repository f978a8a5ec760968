from __future__ import annotations

from base64 import encodebytes

from . import Case
from .keys import LONG_AGO, certificate

FILE = "saml/metadata.xml"
GOOD = (
    b'<?xml version="1.0"?>\n<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
    b"<md:IDPSSODescriptor/></md:EntityDescriptor>\n"
)


def signed_by(certificate: bytes, use: bytes = b' use="signing"') -> bytes:
    info = b'<i:KeyInfo xmlns:i="http://www.w3.org/2000/09/xmldsig#"><i:X509Data>\n<i:X509Certificate>%s'
    key = b"<md:KeyDescriptor%s>%s</i:X509Certificate></i:X509Data></i:KeyInfo></md:KeyDescriptor>"
    inside = key % (use, info % encodebytes(certificate))
    return GOOD.replace(b"<md:IDPSSODescriptor/>", b"<md:IDPSSODescriptor>%s</md:IDPSSODescriptor>" % inside)


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
    "saml-certificate-ends": case(
        signed_by(certificate(LONG_AGO)),
        signed_by(certificate(LONG_AGO), use=b""),
        lines=(5, 5),
        good=signed_by(certificate(LONG_AGO), use=b' use="encryption"'),
    ),
}
