"""What is sent instead of a good reply.

Garbage is what nobody can take for an answer. A lie has the form of an answer and says something odd.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from attrs import frozen

from .mutations import ODD, as_json, deep, mutated, mutated_value


@frozen
class Answer:
    """What the sandbox answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def on_wire(self, status: str = "", body: bytes | None = None, headers: str = "") -> bytes:
        """As HTTP, with other parts put in."""
        sent = self.body if body is None else body
        kept = "".join(f"{k}: {v}\r\n" for k, v in self.headers if k.lower() != "content-length")
        line = status or f"{self.status} X"
        head = f"HTTP/1.1 {line}\r\n{kept}{headers}Content-Length: {len(sent)}\r\nConnection: close\r\n\r\n"
        return head.encode("latin-1", "replace") + sent


Spoil = Callable[[Answer, Random], bytes]


def _unusable(answer: Answer, random: Random) -> bytes:
    """A body that is no JSON, or not of this API."""
    bodies = (
        b"<html>Sign in</html>",
        b"{",
        b"\xff\xfe",
        b"nothing",
        b"[]",
        b"{}",
        b"5",
        b'"x"',
        b"null",
        b"NaN",
    )
    return answer.on_wire(body=random.choice((*bodies, as_json(deep(5000)), random.randbytes(50))))


def _half(answer: Answer, random: Random) -> bytes:
    whole = answer.on_wire()
    return whole[: random.randrange(len(whole))]


def _head(answer: Answer, random: Random) -> bytes:
    """Something wrong before the body."""
    heads = (
        b"",
        random.randbytes(80),
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"220 ftp ready\r\n",
    )
    return random.choice(heads)


def _coding(answer: Answer, random: Random) -> bytes:
    """Codings that are not what they say."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    return random.choice(
        (
            answer.on_wire(headers="Content-Encoding: gzip\r\n"),
            answer.on_wire(headers="Content-Encoding: deflate\r\n", body=random.randbytes(30)),
            head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
            head + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n0\r\n\r\n",
            head + b"Content-Length: -1\r\n\r\n",
            head + b"Content-Length: 99999999\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}",
        )
    )


def _gateway(answer: Answer, random: Random) -> bytes:
    status = random.choice(("500 X", "502 X", "503 X", "504 X"))
    bodies = (
        b"",
        b"<h1>Bad</h1>",
        b'{"ok": false}',
        b'{"errors": [{"code": "x", "message": null}]}',
        b"\xff",
    )
    return answer.on_wire(status, random.choice(bodies), "Retry-After: 0\r\n")


def _untold(answer: Answer, _random: Random) -> bytes:
    """The answer, with a text that cannot be stored as it is: half of a surrogate pair."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        return b""
    return answer.on_wire(body=as_json(_with_half(document)))


def _with_half(document: Any) -> Any:
    if isinstance(document, dict):
        return {k: _with_half(v) if k != "description" else v + "\ud83d" for k, v in document.items()}
    if isinstance(document, list):
        return [_with_half(item) for item in document]
    return document


GARBAGE: tuple[Spoil, ...] = (_unusable, _half, _head, _coding, _gateway, _untold)


def _odd_document(answer: Answer, random: Random) -> bytes:
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = {}
    return answer.on_wire(body=as_json(mutated_value(document, random)))


ODD_HEADERS = {
    "x-cloud-resource-version": ("", "-1", "9" * 500, "1.5", "a,b"),
    "x-cloud-resource-created": (
        "2026-99-99",
        "0000-00-00T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "now",
        "0",
    ),
    "x-cloud-error-codes": (",", "root.x,", "\x1b[2J"),
    "Date": ("Thu, 99", "Thu, 01 Jan 1970 00:00:00 +9999", "Fri, 31 Dec 9999 23:59:59 -2359", "0", "\xb2"),
    "Retry-After": ("-1", "\xb2", "9" * 5000, "1e400", "nan", "inf", "Fri, 31 Dec 9999 23:59:59 GMT", "0x1"),
    "RateLimit-Reset": ("-1", "9" * 400, "nan", "1e308", "\xb9"),
    "X-RateLimit-Reset": ("-1", "9" * 400, "inf", "\xb3", "99999999999999"),
    "X-RateLimit-Remaining": ("-1", "\xb2", "9" * 5000),
    "Link": ("<", "<>; rel=next", '<http://[>; rel="next"', '<//x:99999999/>; rel="next"', "," * 9000),
    "Location": ("http://[", "//", "ftp://\xff", "http://x:99999999/", "http://\xbd/", "\x7f"),
    "Content-Type": (
        "",
        "application/zip",
        "text/html; charset=\x00",
        "application/json; charset=utf-99",
        ";",
    ),
    "Content-Encoding": ("gzip", "br", "zstd", "deflate, gzip, deflate", ",", "gzip" + ", gzip" * 2000),
    "Transfer-Encoding": ("chunked", "gzip, chunked", "\xff"),
    "ETag": ("", '"', "W/", "\xff" * 10, "x" * 9000),
    "Last-Modified": ("Thu, 99", "Fri, 31 Dec 9999 23:59:59 -2359"),
    "Content-Range": ("bytes 9-1/0", "bytes */*"),
    "WWW-Authenticate": ("Negotiate \xff", "Digest", "Basic realm=" + '"' * 999),
    "Set-Cookie": ("=", "\xff=\x01; expires=Thu, 99", "a=b; Domain=.com; Max-Age=" + "9" * 5000),
    "Connection": ("upgrade", "close, keep-alive, " * 500),
}


def _odd_headers(answer: Answer, random: Random) -> bytes:
    name = random.choice(list(ODD_HEADERS))
    value = random.choice(
        (*ODD_HEADERS[name], "", "\xe9", "\x1b[2J", "a\r\n b", random.randbytes(9).decode("latin-1"))
    )
    kept = tuple(item for item in answer.headers if item[0].lower() != name.lower())
    status = random.choice((answer.status, answer.status, 302, 401, 409, 429, 503))
    return Answer(status, (*kept, (name, value)), answer.body).on_wire()


def _odd_status(answer: Answer, random: Random) -> bytes:
    status = random.choice(
        (200, 201, 202, 206, 300, 301, 304, 307, 400, 401, 403, 404, 409, 418, 429, 449, 499, 999)
    )
    errors = as_json(
        {"errors": random.choice(([{"code": "root.x", "message": "no"}], [{}], [None], "x", ["y"]))}
    )
    headers = "Location: ftp://\u00ff\r\nRetry-After: soon\r\n"
    return answer.on_wire(
        f"{status} X", random.choice((errors, answer.body, as_json(random.choice(ODD)))), headers
    )


def _bytes(answer: Answer, random: Random) -> bytes:
    return mutated(answer.on_wire(), random).replace(b"Retry-After", b"Retry-Afte")


LIES: tuple[Spoil, ...] = (_odd_document, _odd_document, _odd_headers, _odd_status, _bytes)
