"""Making something at a forge, and only one of it though the reply may be lost, or be about another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from planner.forge.client import Call, Client
from planner.forge.errors import ReplyLost
from planner.forge.port import Comment
from planner.forge.reading import is_about

PAUSES: Final = (1.0, 4.0, 10.0)
"""Seconds before one looks whether what was to be made is there."""


def commented(client: Client, call: Call, read: Callable[[Any], Comment], asked: str = "") -> Comment:
    """The comment that call made, or changed: then asked is its id."""
    comment = read(client.call(call).data)
    if not comment.id:
        raise client.misread(call)
    if asked and comment.id != asked:
        raise client.about_another(call)
    return comment


Ends = Mapping[tuple[str, ...], str]
"""Where a pull request says its two branches, and what they are to be."""


def opened(
    client: Client, call: Call, look: Callable[[], Iterable[Any]], url_of: Callable[[Any], str], ends: Ends
) -> str:
    """The URL of the pull request that look finds, else of the one that call makes.

    look: the open ones from the same branch into the same one; a forge may show others beside them.
    """
    for pause in (*PAUSES, None):
        for found in look():
            if is_about(found, ends):
                return url_of(found)
        try:
            return _made(client, call, url_of, ends)
        except ReplyLost:
            if pause is None:
                raise
            client.pauses.sleep(pause)
    raise AssertionError


def _made(client: Client, call: Call, url_of: Callable[[Any], str], ends: Ends) -> str:
    data = client.call(call).data
    url = url_of(data)
    if not url:
        raise client.misread(call)
    if not is_about(data, ends):
        raise client.about_another(call)
    return url
