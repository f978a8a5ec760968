"""Making something at a forge, and only one of it though the reply may be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from planner.forge.client import Call, Client
from planner.forge.errors import ReplyLost
from planner.forge.port import Comment

PAUSES: Final = (1.0, 4.0, 10.0)
"""Seconds before one looks whether what was to be made is there."""


def commented(client: Client, call: Call, read: Callable[[Any], Comment]) -> Comment:
    """The comment that call made or changed."""
    comment = read(client.call(call).data)
    if not comment.id:
        raise client.misread(call)
    return comment


def opened(
    client: Client, call: Call, look: Callable[[], Iterable[Any]], url_of: Callable[[Any], str]
) -> str:
    """The URL of the pull request that look finds, else of the one that call makes.

    look: the open ones from the same branch into the same one.
    """
    for pause in (*PAUSES, None):
        for found in look():
            return url_of(found)
        try:
            return _made(client, call, url_of)
        except ReplyLost:
            if pause is None:
                raise
            client.pauses.sleep(pause)
    raise AssertionError


def _made(client: Client, call: Call, url_of: Callable[[Any], str]) -> str:
    url = url_of(client.call(call).data)
    if not url:
        raise client.misread(call)
    return url
