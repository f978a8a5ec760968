"""Which deployments a wave takes, and in which one each is."""

from __future__ import annotations

import pytest

from planner.engine.rollouts.planned import in_waves
from planner.model.address import Address
from planner.model.declarations import RolloutBlock
from planner.model.rollout import Chosen, Member, Rules

REST, HALF = Chosen(), Chosen(percent=50)


def member(number: int, tier: str = "prod") -> tuple[Member, dict[str, str]]:
    return Member(f"{number:032}", at(number), f"shop-{number}"), {"tier": tier}


def at(number: int) -> Address:
    return Address("extension_binding", f"b{number}")


MEMBERS = [member(10), member(2), member(1, "canary"), member(3), member(4)]


def block(*waves: Chosen | tuple[Chosen, ...]) -> RolloutBlock:
    each = tuple(wave if isinstance(wave, tuple) else (wave,) for wave in waves)
    return RolloutBlock("search", ("extension.*",), each, Rules())


def names(*waves: Chosen | tuple[Chosen, ...]) -> tuple[list[str], list[str]]:
    found, left = in_waves(block(*waves), MEMBERS)
    return [" ".join(m.name.removeprefix("shop-") for m in wave) for wave in found], [m.name for m in left]


@pytest.mark.parametrize(
    ("waves", "expected", "left"),
    [
        ([REST], ["1 2 3 4 10"], []),
        ([Chosen(binding=at(3)), REST], ["3", "1 2 4 10"], []),
        ([Chosen(tag="tier=canary"), REST], ["1", "2 3 4 10"], []),
        ([Chosen(tag="tier=none"), REST], ["1 2 3 4 10"], []),
        ([Chosen(tag="other="), REST], ["1 2 3 4 10"], []),
        ([Chosen(name="shop-1*"), REST], ["1 10", "2 3 4"], []),
        ([(Chosen(binding=at(3)), Chosen(tag="tier=canary")), REST], ["3 1", "2 4 10"], []),
        ([Chosen(name="*"), Chosen(binding=at(3)), REST], ["1 2 3 4 10"], []),
        ([Chosen(name="shop-1")], ["1"], ["shop-10", "shop-2", "shop-3", "shop-4"]),
    ],
)
def test_each_is_in_the_first_wave_that_takes_it(
    waves: list[Chosen], expected: list[str], left: list[str]
) -> None:
    assert names(*waves) == (expected, left)


def test_a_share_is_of_all_and_rounded_up() -> None:
    (first, second), left = names(HALF, HALF)
    assert (len(first.split()), len(second.split()), left) == (3, 2, [])
    (canary, share, rest), _ = names(Chosen(tag="tier=canary"), Chosen(percent=25), REST)
    assert (canary, len(share.split()), len(rest.split())) == ("1", 2, 2)


def test_who_is_in_a_share_stays_so_while_others_come() -> None:
    """By a hash of the roll-out's name and the deployment's id, whatever the order."""
    more = [*MEMBERS, *(member(number) for number in range(11, 16))]
    few, _ = in_waves(block(HALF, REST), MEMBERS)
    again, _ = in_waves(block(HALF, REST), MEMBERS[::-1])
    assert few == again
    many, _ = in_waves(block(Chosen(percent=100)), more)
    assert {*few[0]} < {*many[0]}
