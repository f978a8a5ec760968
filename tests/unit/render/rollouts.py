"""The roll-outs of the golden files."""

from __future__ import annotations

from planner.model.address import Address
from planner.model.ledger import WENT_BACK, Rolled
from planner.model.plan import Step
from planner.model.resource import YELLOW, Analysis, Health
from planner.model.rollout import (
    DONE,
    GOING,
    NONE,
    RESTART,
    ROLL_BACK,
    ROLL_BACK_ALL,
    STOPPED,
    Failure,
    Member,
    Rollout,
    Rules,
)

SYNONYMS = Address("extension", "synonyms")
PHONETIC = Address("extension", "phonetic")
ICU = Address("extension", "icu")


def member(name: str, *, version: str = "8.15.3", bound: bool = True) -> Member:
    id_ = name.encode().hex()[:32].rjust(32, "0")
    binding = name.replace("-", "_") if bound else f"_{id_}"
    return Member(id_, Address("extension_binding", binding), name, version)


def steps_of(rollout: Rollout, *operations: str) -> tuple[Step, ...]:
    """Of all members, one after the other."""
    told = [(m.address, operation) for m in rollout.members for operation in operations]
    return tuple(Step(number, *step) for number, step in enumerate(told, 1))


SEARCH = Rollout(
    "search",
    Rules(health=Health(plugins=True), pause=600, on_failure=ROLL_BACK),
    (SYNONYMS, PHONETIC),
    "sha256:5d",
    (
        (member("shop-staging"),),
        (member("shop-canary-1"), member("shop-canary-2")),
        tuple(member(f"shop-prod-{n}", version="8.15.3" if n < 2 else "8.14.1") for n in range(1, 10)),
    ),
    ("legacy-shop",),
)
FAILURE = Failure(
    "search",
    "sha256:5d",
    2,
    "shop-canary-1",
    "analysis-phonetic 8.14.1 does not load on 8.15.3",
    "2026-11-30T08:00:00Z",
)
RESTARTS = Rollout(
    "plugins",
    Rules(
        RESTART,
        at_once=2,
        health=Health(YELLOW, analyze=(Analysis("shop", "english", "laptops", ("laptop",)),), within=5400),
        on_failure=ROLL_BACK_ALL,
    ),
    (ICU,),
    "sha256:1c",
    ((member("shop-staging"), member("orders", version="", bound=False)),),
    way_back=True,
)
STAYS = Rollout(
    "rules", Rules(NONE), (ICU,), "", ((member("shop-staging"), member("orders")),), ("legacy-shop",)
)
HOSTILE = Rollout(
    "search",
    Rules(),
    (SYNONYMS,),
    "",
    ((Member("d\x1b[2J", Address("extension_binding", "a"), "@you \x1b]0;x\x07`</summary>|#1", "\u202e8"),),),
    ("<b>\x9b31m",),
    Failure("search", "", 1, "\x1b[31mshop", "no\nmore `x` <script>", "2026-11-30T08:00:00Z"),
)
RETRY = "planner apply -e staging --retry-rollout plugins"
ROLLED = (
    Rolled("search", "r-4f2c9a71be", DONE, 3, 3),
    Rolled(
        "plugins",
        "r-77aa01c2d4",
        WENT_BACK,
        1,
        3,
        "shop-canary-2",
        "analysis-phonetic 8.14.1 does not load on 8.15.3",
        tuple(f"shop-canary-{number}" for number in range(1, 13)),
        f"change what it carries, or try it again: {RETRY}",
    ),
    Rolled("rules", "r-0c", STOPPED, 0, 2, "shop-\x1b[31m", "it is red"),
    Rolled("words", "r-0d", GOING, 1, 2, reason="wave 1 is done, and --until asked for no more"),
)
