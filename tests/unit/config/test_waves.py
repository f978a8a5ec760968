"""Who comes when: selectors, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from planner.config.waves import read_waves, wrong_waves
from planner.model.address import Address
from planner.model.rollout import Chosen
from planner.model.value import Deferred, Reference, Secret

SHOP, BLOG = Address("extension_binding", "shop"), Address("extension_binding", "blog")
REST = (Chosen(),)
LATER = Deferred((Reference(SHOP, ("id",)),))


@pytest.mark.parametrize(
    ("said", "waves"),
    [
        ([], [REST]),
        (["rest"], [REST]),
        (["extension_binding.shop"], [(Chosen(binding=SHOP),), REST]),
        (["resource.extension_binding.shop", "rest"], [(Chosen(binding=SHOP),), REST]),
        (["25%", "75%"], [(Chosen(percent=25),), (Chosen(percent=75),), REST]),
        (
            [["extension_binding.shop", {"tag": "tier=a=b"}], {"name": "shop-*"}, ["10%", "rest"]],
            [
                (Chosen(binding=SHOP), Chosen(tag="tier=a=b")),
                (Chosen(name="shop-*"),),
                (Chosen(percent=10), Chosen()),
            ],
        ),
        (["25%", ["25%", "50%"]], [(Chosen(percent=25),), (Chosen(percent=25), Chosen(percent=50)), REST]),
    ],
)
def test_waves(said: list[Any], waves: list[tuple[Chosen, ...]]) -> None:
    assert [*wrong_waves(said)] == []
    assert read_waves(said) == tuple(waves)


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ([[]], [(("waves", 0), "waves[0] is empty")]),
        ([25], [(("waves", 0), "waves[0] is 25, which is no share")]),
        (["25"], [(("waves", 0), "waves[0] is 25, which is no share")]),
        (["0%"], [(("waves", 0), "waves[0] is 0%; a share is between 1% and 100%")]),
        (["101%"], [(("waves", 0), "waves[0] is 101%; a share is between 1% and 100%")]),
        (["60%", ["41%"]], [(("waves",), "waves take 101% of all")]),
        (["restt"], [(("waves", 0), 'waves[0] is "restt", which says of nobody when they come')]),
        (["2.5%"], [(("waves", 0), 'waves[0] is "2.5%", which says of nobody when they come')]),
        ([[True]], [(("waves", 0, 0), "waves[0][0] is a boolean, which says of nobody when they come")]),
        ([[["rest"]]], [(("waves", 0, 0), "waves[0][0] is a list, which says of nobody when they come")]),
        (["shop"], [(("waves", 0), 'waves[0] is "shop", which says of nobody when they come')]),
        ([{"tag": "canary"}], [(("waves", 0, "tag"), 'waves[0].tag does not match ^[^=]+=.: "canary"')]),
        ([{"tga": "a=b"}], [(("waves", 0, "tga"), 'unknown argument "tga" in waves[0]')]),
        ([{"name": ""}], [(("waves", 0, "name"), "waves[0].name must not be empty")]),
        ([{}], [(("waves", 0), "waves[0] has neither a name nor a tag; it has one of them")]),
        (
            [{"name": "a", "tag": "a=b"}],
            [(("waves", 0), "waves[0] has both a name and a tag; it has one of them")],
        ),
        (
            ["rest", "25%"],
            [(("waves", 0), "waves[0] takes the rest, and leaves nobody for the waves after it")],
        ),
        (
            [["rest"], "rest"],
            [
                (("waves", 0, 0), "waves[0][0] takes the rest, and leaves nobody for the waves after it"),
                (("waves", 1), "rest is in waves[0][0] and in waves[1]"),
            ],
        ),
        (
            ["extension_binding.shop", ["25%", "resource.extension_binding.shop"]],
            [(("waves", 1, 1), "extension_binding.shop is in waves[0] and in waves[1][1]")],
        ),
        (
            [{"name": "a"}, {"tag": "a=b"}, [{"tag": "a=b"}, {"name": "a"}]],
            [
                (("waves", 2, 0), "tag a=b is in waves[1] and in waves[2][0]"),
                (("waves", 2, 1), "name a is in waves[0] and in waves[2][1]"),
            ],
        ),
        ([Secret("sesame"), {"name": Secret("sesame")}, LATER, [{"tag": LATER}]], []),
    ],
)
def test_what_is_wrong(said: list[Any], problems: list[tuple[Any, str]]) -> None:
    assert [(problem.path, problem.summary) for problem in wrong_waves(said)] == problems


@pytest.mark.parametrize(
    ("selector", "advice"),
    [(25, 'Did you mean "25%"?'), ("rset", 'Did you mean "rest"?'), ({"nmae": "a"}, 'Did you mean "name"?')],
)
def test_what_is_meant(selector: Any, advice: str) -> None:
    assert [problem.advice for problem in wrong_waves([selector])] == [advice]
