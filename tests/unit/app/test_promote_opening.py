from __future__ import annotations

import pytest

from planner.app.promotion.pull_request_opening import of_address
from planner.errors import WrongUsage
from planner.forge.locating import Wanted

ADDRESSES = {
    "https": ("https://github.com/acme/search.git", "github", "acme/search"),
    "https with a user": ("https://ann:token@github.com/acme/search", "github", "acme/search"),
    "ssh, short": ("git@github.com:acme/search.git", "github", "acme/search"),
    "ssh": ("ssh://git@github.com/acme/search.git", "github", "acme/search"),
    "ssh with a port": ("ssh://git@gitlab.com:22/acme/sub/search.git", "gitlab", "acme/sub/search"),
    "a slash at the end": ("https://bitbucket.org/acme/search/", "bitbucket", "acme/search"),
    "capitals": ("https://GitHub.com/Acme/Search", "github", "Acme/Search"),
}


@pytest.mark.parametrize(("address", "forge", "repository"), ADDRESSES.values(), ids=ADDRESSES)
def test_a_forge_that_everybody_knows(address: str, forge: str, repository: str) -> None:
    assert of_address(Wanted(), address) == Wanted(forge, repository)


def test_what_the_user_says_counts() -> None:
    wanted = Wanted(repository="acme/other", api_url="https://api.github.com")
    assert of_address(wanted, "git@github.com:acme/search.git") == Wanted(
        "github", "acme/other", None, "https://api.github.com"
    )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/srv/git/search.git",
        "../search.git",
        "file:///srv/github.com/acme/search",
        "https://git.example/acme/search",
        "https://github.com.evil.example/acme/search",
        "https://evil.example/github.com/acme/search",
        "git@evil.example:github.com/acme/search",
        "https://github.com",
    ],
)
def test_no_forge_that_is_known(address: str) -> None:
    with pytest.raises(WrongUsage, match="it is not known at which forge"):
        of_address(Wanted(), address)
