"""PKCS#12, as RFC 7292 has it: what is read without a password, and with one that is known."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from hashlib import new, pbkdf2_hmac
from typing import Final

from planner.archives.lint.der import Element, elements, first, inside

_DATA: Final = bytes.fromhex("2a864886f70d010701")
_ENCRYPTED: Final = bytes.fromhex("2a864886f70d010706")
_CERTIFICATE: Final = bytes.fromhex("2a864886f70d010c0a0103")
_PBES2: Final = bytes.fromhex("2a864886f70d01050d")
_DIGESTS: Final[Mapping[bytes, str]] = {
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_HMACS: Final[Mapping[bytes, str]] = {
    bytes.fromhex("2a864886f70d0207"): "sha1",
    bytes.fromhex("2a864886f70d0209"): "sha256",
    bytes.fromhex("2a864886f70d020a"): "sha384",
    bytes.fromhex("2a864886f70d020b"): "sha512",
}
_AES_CBC: Final[Mapping[bytes, int]] = {
    bytes.fromhex("608648016503040102"): 16,
    bytes.fromhex("608648016503040116"): 24,
    bytes.fromhex("60864801650304012a"): 32,
}
"""How many bytes its key has."""
_ROUNDS: Final = 100_000
"""Programs that make stores take as many and less; more would keep a processor busy."""


class Unreadable(Exception):
    """What is encrypted, in another way or with another password."""


def certificates(data: bytes, password: str | None = None) -> tuple[list[bytes], bool]:
    """Those that can be read, and whether all parts of the store could be. ValueError: it is no PKCS#12."""
    found: list[bytes] = []
    whole = True
    for part in inside(_safe(data)):
        try:
            found.extend(_in_bags(_contents(part, password)))
        except Unreadable:
            whole = False
    return found, whole


def opens(data: bytes, password: str) -> bool | None:
    """None where that cannot be told: there is no digest, or one that is made in another way."""
    _, _, *rest = inside(data)
    if not rest:
        return None
    made, salt, *rounds = elements(rest[0].content)
    algorithm, digest = elements(made.content)
    name = _DIGESTS.get(first(algorithm.content).content)
    if name is None or not 0 < (count := rounds[0].number if rounds else 1) <= _ROUNDS:
        return None
    key = _key(name, password, salt.content, count)
    return hmac.compare_digest(hmac.digest(key, _safe(data), name), digest.content)


def _safe(data: bytes) -> bytes:
    content, *_ = inside(data, 1, 1)
    return content.content


def _contents(part: Element, password: str | None) -> bytes:
    """The bags in a part of the store, decrypted where they are encrypted."""
    kind, wrapped = elements(part.content)
    if kind.content == _DATA:
        return first(wrapped.content).content
    if kind.content != _ENCRYPTED or password is None:
        raise Unreadable
    _, algorithm, content, *_ = inside(wrapped.content, 1)
    return _decrypted(algorithm, content.content, password)


def _in_bags(contents: bytes) -> Iterator[bytes]:
    for bag in inside(contents):
        kind, wrapped, *_ = elements(bag.content)
        if kind.content == _CERTIFICATE:
            certificate, *_ = inside(wrapped.content, 1)
            yield certificate.content


def _decrypted(algorithm: Element, content: bytes, password: str) -> bytes:
    """PBES2 with PBKDF2 and AES, as Java 16 and later and OpenSSL 3 write it."""
    scheme, *parameters = elements(algorithm.content)
    if scheme.content != _PBES2 or not parameters:
        raise Unreadable
    derivation, cipher = elements(parameters[0].content)
    _, settings = elements(derivation.content)
    salt, count, *rest = elements(settings.content)
    name, vector = elements(cipher.content)
    pseudo_random = first(rest[-1].content).content if rest else b""
    hash_name, size = _HMACS.get(pseudo_random), _AES_CBC.get(name.content)
    if hash_name is None or size is None or not 0 < count.number <= _ROUNDS:
        raise Unreadable
    key = pbkdf2_hmac(hash_name, password.encode(), salt.content, count.number, size)
    return _plain(key, vector.content, content)


def _plain(key: bytes, vector: bytes, content: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415
    except ImportError as error:
        raise Unreadable from error
    reader = Cipher(AES(key), CBC(vector)).decryptor()
    padded = reader.update(content) + reader.finalize()
    return padded[: -padded[-1]] if padded else b""


def _key(name: str, password: str, salt: bytes, rounds: int) -> bytes:
    """Of the digest: RFC 7292, appendix B, whose one block is as long as the key."""
    size = new(name).block_size
    made = b"\3" * size + _filled(salt, size) + _filled(password.encode("utf-16-be") + b"\0\0", size)
    for _ in range(rounds):
        made = new(name, made).digest()
    return made


def _filled(text: bytes, size: int) -> bytes:
    """Repeated to whole blocks."""
    length = -(-len(text) // size) * size
    return (text * (length // len(text) + 1))[:length] if text else b""
