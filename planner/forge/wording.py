"""How a message begins when something does not work at a forge."""

from __future__ import annotations

from planner.forge.port import Facts
from planner.forge.target import Target

ACCOUNT = "the account of the token is not known"


def shown(target: Target, facts: Facts) -> str:
    """ "pull request 12 of owner/name"."""
    return f"{facts.request} {target.pull_request} of {target.repository}"


def not_read(target: Target, facts: Facts) -> str:
    return f"the comments of {shown(target, facts)} cannot be read"


def not_commented(target: Target, facts: Facts) -> str:
    return f"{shown(target, facts)} cannot be commented on"


def not_opened(target: Target, facts: Facts) -> str:
    return f"a {facts.request} cannot be opened in {target.repository}"
