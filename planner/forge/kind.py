"""What planner has to know of a forge and its CI. Each forge's file makes a `Kind`, which is registered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from attrs import frozen

from planner.forge.ci import Ci
from planner.forge.credentials import Way
from planner.forge.port import Credentials, Facts, Forge, Target

if TYPE_CHECKING:
    from planner.forge.client import Client

NAME: Final = r"(?!\.{1,2}(?:/|$))[\w.-]+"
TWO_NAMES: Final = re.compile(rf"{NAME}/{NAME}", re.ASCII)


@frozen
class Kind:
    """name: of the registry; aliases: what people also call it. public: the API of the one that everybody
    uses, host: its web pages', "" where there is none. api_root: from what people give to the API's URL.
    repository: what one is called, example: of that. headers: with the credentials; ways: where these are,
    hint: on how to get them. advice: by status. merged: how the message of a merge names the pull request,
    squashed: and that of a squash, which other messages look like.
    """

    name: str
    facts: Facts
    api_root: Callable[[str], str]
    repository: re.Pattern[str]
    example: str
    headers: Callable[[Credentials], Mapping[str, str]]
    advice: Mapping[int, str]
    connected: Callable[[Target, Client], Forge]
    ways: tuple[Way, ...]
    hint: str
    ci: Ci
    aliases: tuple[str, ...] = ()
    public: str = ""
    host: str = ""
    merged: tuple[re.Pattern[str], ...] = ()
    squashed: tuple[re.Pattern[str], ...] = ()
