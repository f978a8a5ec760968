"""A server per forge, and per kind of token where that makes a difference."""

from __future__ import annotations

from .forge_azure import AzureJobServer, AzureServer
from .forge_bitbucket import BitbucketAccessTokenServer, BitbucketServer
from .forge_gitea import GiteaJobServer, GiteaServer
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

SERVERS: dict[str, type[ForgeServer]] = {
    "github": GitHubServer,
    "github-job": GitHubJobServer,
    "gitlab": GitLabServer,
    "gitea": GiteaServer,
    "gitea-job": GiteaJobServer,
    "bitbucket": BitbucketServer,
    "bitbucket-access-token": BitbucketAccessTokenServer,
    "azure": AzureServer,
    "azure-job": AzureJobServer,
}
