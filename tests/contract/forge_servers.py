"""A server per forge that is registered, and per kind of token where that makes a difference.

forge_<name>.py holds them, in SERVERS: one that is missing is found when this is imported.
"""

from __future__ import annotations

from importlib import import_module

from planner.forge.registry import KINDS

from .forge_bitbucket import BitbucketServer
from .forge_gitea import GiteaServer
from .forge_github import GitHubJobServer, GitHubServer
from .forge_gitlab import GitLabServer
from .forge_http import ForgeServer

__all__ = [
    "SERVERS",
    "BitbucketServer",
    "GitHubJobServer",
    "GitHubServer",
    "GitLabServer",
    "GiteaServer",
]


def _servers_of(forge: str) -> dict[str, type[ForgeServer]]:
    found: dict[str, type[ForgeServer]] = import_module(f".forge_{forge}", __package__).SERVERS
    assert {server.forge for server in found.values()} == {forge}
    return found


SERVERS = {name: server for forge in KINDS for name, server in _servers_of(forge).items()}
