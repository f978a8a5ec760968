"""The forges there are, and connecting to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from planner.forge import azure, bitbucket, gitea, github, gitlab
from planner.forge.client import Api, Client, Pauses
from planner.forge.patience import Patience
from planner.forge.port import Facts, Forge
from planner.forge.target import Credentials, Target


@frozen
class Kind:
    """public: the API of the one that everybody uses, "" where there is none. api_root: from what people give
    to the API's URL. repository: what one is called, example: of that. headers: with the credentials.
    """

    facts: Facts
    public: str
    api_root: Callable[[str], str]
    repository: re.Pattern[str]
    example: str
    headers: Callable[[Credentials], Mapping[str, str]]
    advice: Mapping[int, str]
    connected: Callable[[Target, Client], Forge]


_NAME: Final = r"(?!\.{1,2}(?:/|$))[\w.-]+"
_TWO_NAMES: Final = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)
_ANY_NAME: Final = r"(?!\.{1,2}(?:/|$))[^/\x00-\x1f\x7f]+"

KINDS: Final[Mapping[str, Kind]] = {
    "github": Kind(
        facts=github.FACTS,
        public="https://api.github.com",
        api_root=github.api_root,
        repository=_TWO_NAMES,
        example="owner/name",
        headers=lambda given: {**github.HEADERS, "Authorization": given.header(github.SCHEME)},
        advice=github.ADVICE,
        connected=github.GitHub,
    ),
    "gitlab": Kind(
        facts=gitlab.FACTS,
        public="https://gitlab.com/api/v4",
        api_root=gitlab.api_root,
        repository=re.compile(rf"\d+|{_NAME}(?:/{_NAME})+", re.ASCII),
        example="group/project, or the number of the project",
        headers=lambda given: {"PRIVATE-TOKEN": given.token},
        advice=gitlab.ADVICE,
        connected=gitlab.GitLab,
    ),
    "gitea": Kind(
        facts=gitea.FACTS,
        public="",
        api_root=gitea.api_root,
        repository=_TWO_NAMES,
        example="owner/name",
        headers=lambda given: {"Authorization": given.header(gitea.SCHEME)},
        advice=gitea.ADVICE,
        connected=gitea.Gitea,
    ),
    "bitbucket": Kind(
        facts=bitbucket.FACTS,
        public="https://api.bitbucket.org/2.0",
        api_root=bitbucket.api_root,
        repository=re.compile(r"(?:[\w-]+|\{[\w-]+\})/" + rf"(?:{_NAME}|\{{[\w-]+\}})", re.ASCII),
        example="workspace/slug",
        headers=lambda given: {"Authorization": given.header(bitbucket.SCHEME)},
        advice=bitbucket.ADVICE,
        connected=bitbucket.Bitbucket,
    ),
    "azure": Kind(
        facts=azure.FACTS,
        public="",
        api_root=azure.api_root,
        repository=re.compile(rf"{_ANY_NAME}/{_ANY_NAME}"),
        example="project/repository",
        headers=lambda given: {**azure.HEADERS, "Authorization": given.header(azure.SCHEME)},
        advice=azure.ADVICE,
        connected=azure.AzureDevOps,
    ),
}
ALIASES: Final[Mapping[str, str]] = {"forgejo": "gitea", "azure-devops": "azure", "azuredevops": "azure"}
NAMES: Final = (*KINDS, *ALIASES)
"""What people may call a forge."""


def connect(
    target: Target,
    *,
    pauses: Pauses | None = None,
    patience: Patience | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> Forge:
    """Nothing is sent yet. target: as locating.py makes it. tell: takes a line for those who have to wait."""
    kind = KINDS[target.forge]
    api = Api(
        name=kind.facts.name,
        root=target.api,
        headers=kind.headers(target.credentials),
        secrets=target.credentials.secrets,
        advice=kind.advice,
        ca_file=target.ca_file,
    )
    return kind.connected(target, Client(api, pauses or Pauses(), patience or Patience(), tell))
