"""Bytes made up, and valid files made invalid: noise alone seldom gets past a parser's first line."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

PIECES = (
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"- ", b"\n", b"\n  ", b"\t", b"\r", b" ", b"#", b"&a"),
    *(b"*a", b"<<: *a", b"!!python/object:os.system", b"!!binary", b"|\n", b">-\n", b"%", b"---\n", b"...\n"),
    *(
        b"{{",
        b"}}",
        b"{%",
        b"%}",
        b"{#",
        b"{{ var.v }}",
        b"{{ resource.extension.a.id }}",
        b"{% for x in y %}",
    ),
    *(b"{{ 9**9**9 }}", b"{{ range(10**9)|list }}", b"{{ 'a' * 10**10 }}", b"{% include 'main.yaml' %}"),
    *(b"{{ ''.__class__ }}", b"{{ cycler }}", b"{{ m() }}", b"{% raw %}", b"{{ lipsum(9999) }}"),
    *(
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xf4\x90\x80\x80",
        "\uf890\uf881\uf891".encode(),
    ),
    *(b"null", b"true", b"1e999", b"NaN", b"-0", b"0x", b"9" * 400, b".inf", b"2026-01-01", b'"\\ud800"'),
    *(
        b"resource:",
        b"output:",
        b"check:",
        b"moved:",
        b"import:",
        b"removed:",
        b"rollout:",
        b"lifecycle:",
        b"depends_on:",
    ),
    *(b"variables:", b"locals:", b"environments:", b"project: other\n", b"state: 1\n", b"../", b"/", b"~"),
    *(
        b"$sensitive",
        b"$number",
        b"$deferred",
        b"format_version",
        b"digest",
        b"\\u0000",
        b"[" * 3000,
        b'{"a":' * 3000,
    ),
)

Mutation = Callable[[bytes, Random], bytes]


def noise(_data: bytes, random: Random) -> bytes:
    return random.randbytes(random.choice((0, 1, 10, 200, 5000)))


def soup(_data: bytes, random: Random) -> bytes:
    return b"".join(random.choice(PIECES) for _ in range(random.randint(1, 40)))


def flip(data: bytes, random: Random) -> bytes:
    changed = bytearray(data or b"x")
    for _ in range(random.choice((1, 1, 1, 5))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def remove(data: bytes, random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:start] + data[end:]


def duplicate(data: bytes, random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 50)) + data[end:]


def insert(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(PIECES) + data[place:]


def replace(data: bytes, random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:start] + random.choice((random.choice(PIECES), random.randbytes(4))) + data[end:]


def swap_lines(data: bytes, random: Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if len(lines) > 1:
        a, b = random.sample(range(len(lines)), 2)
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def drop_line(data: bytes, random: Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        del lines[random.randrange(len(lines))]
    return b"".join(lines)


def _slice(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 3, 20, 200)))


MUTATIONS: tuple[Mutation, ...] = (
    *(noise, soup, flip, flip, cut, remove, duplicate, insert, insert, insert, replace, replace),
    *(swap_lines, drop_line),
)


def mutated(data: bytes, random: Random) -> bytes:
    """data after one to three mutations."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice(MUTATIONS)(data, random)
    return data


ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**63,
        10**400,
        1.5,
        -0.0,
        1e308,
        "",
        " ",
        "a",
        "extension.a",
        "é",
        "\x00",
    ),
    *(
        "\ud800",
        "a\udfffb",
        "x" * 100_000,
        [],
        {},
        [[]],
        [None],
        {"": None},
        {"$sensitive": "x"},
        {"$number": []},
    ),
    *(
        {"$deferred": [1]},
        {"$number": "9" * 5000},
        "2026-01-01T00:00:00Z",
        "../..",
        "\x1b[2J",
        "scrypt:aa:bb",
    ),
)


def deep(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = {"a": found} if levels % 2 else [found]
    return found


def mutated_value(value: Any, random: Random) -> Any:
    """value, a JSON document, with one place in it made odd, gone, or twice there."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: mutated_value(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.8:
        place = random.randrange(len(value))
        if random.random() < 0.15:
            return [*value[:place], *random.choice(([], value[place : place + 1] * 2)), *value[place + 1 :]]
        return [*value[:place], mutated_value(value[place], random), *value[place + 1 :]]
    if random.random() < 0.05:
        return deep(random.choice((100, 101, 300, 900, 901, 1000)))
    return random.choice(ODD)


def as_json(value: Any) -> bytes:
    """value as JSON; lone surrogates as escapes, as a server may send them."""
    return json.dumps(value, ensure_ascii=True).encode()
