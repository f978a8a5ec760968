"""`rollout`: what a block says by itself."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.model.address import Address
from planner.model.declarations import RolloutBlock
from planner.model.resource import Analysis, Health
from planner.model.rollout import Chosen, Rules

from .projects import Folder, shown

WORDS = "resource: {extension: {words: {name: w, extension_type: bundle, version: '*'}}}\n"
USUAL = Rules(mode="switch", on_failure="roll_back")


def block(folder: Folder, said: str, **variables: Any) -> RolloutBlock:
    found = folder.render(WORDS + f"rollout:\n  search: {said}\n", variables)
    assert shown(found.diagnostics) == []
    (rollout,) = found.declarations.rollouts
    return rollout


def problems(folder: Folder, said: str, **variables: Any) -> list[str]:
    found = folder.render(
        WORDS + f"rollout:\n  search: {said}\n",
        variables,
        sensitive=[name for name in variables if name == "key"],
    )
    assert found.declarations.rollouts == ()
    return [item.summary.removeprefix("rollout search: ") for item in found.diagnostics]


def test_what_is_usual(folder: Folder) -> None:
    assert block(folder, "{of: [extension.*]}") == RolloutBlock(
        "search", ("extension.*",), ((Chosen(),),), USUAL
    )


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ("mode: switch", USUAL),
        ("mode: ~, waves: ~, pause: ~, health: ~, at_once: ~, on_failure: ~", USUAL),
        ("mode: restart", Rules(mode="restart", on_failure="stop")),
        ("mode: restart, on_failure: roll_back", Rules(mode="restart", on_failure="roll_back")),
        ("mode: none", Rules(mode="none", on_failure="stop")),
        ("mode: '{{ var.mode }}', at_once: '{{ var.many }}'", Rules("restart", at_once=3)),
        ("at_once: 2, pause: 1h30m", evolve(USUAL, at_once=2, pause=5400)),
        ("pause: 0s", USUAL),
        ("on_failure: stop", evolve(USUAL, on_failure="stop")),
        ("on_failure: roll_back_all", evolve(USUAL, on_failure="roll_back_all")),
        ("health: {}", USUAL),
        ("health: {status: green, plugins: false, within: 30m}", USUAL),
        (
            "health: {status: yellow, plugins: true, within: 90s}",
            evolve(USUAL, health=Health("yellow", plugins=True, within=90)),
        ),
        (
            "health: {within: ~, analyze: [{index: i, analyzer: a, text: 8.10, tokens: [8.10, no]}]}",
            evolve(USUAL, health=Health(analyze=(Analysis("i", "a", "8.10", ("8.10", "no")),))),
        ),
    ],
)
def test_rules(folder: Folder, said: str, rules: Rules) -> None:
    assert block(folder, f"{{of: [extension.*], {said}}}", mode="restart", many=3).rules == rules


@pytest.mark.parametrize(
    "of",
    [
        "[extension.words]",
        "[resource.extension.words]",
        "['{{ resource.extension.words }}']",
        "'{{ var.of }}'",
    ],
)
def test_what_is_carried(folder: Folder, of: str) -> None:
    assert block(folder, f"{{of: {of}}}", of=["extension.words"]).of == ("extension.words",)


def test_waves_as_values(folder: Folder) -> None:
    said = (
        "{of: [extension.*], waves: [['{{ var.share }}%', {tag: 'tier={{ var.tier }}'}], '{{ var.last }}']}"
    )
    found = block(folder, said, share=10, tier="canary", last=[{"name": "shop-*"}, "rest"])
    assert found.waves == ((Chosen(percent=10), Chosen(tag="tier=canary")), (Chosen(name="shop-*"), Chosen()))


def test_a_loop_gives_names(folder: Folder) -> None:
    loop = "{% for name in var.names %}\n  {{ name }}: {of: ['extension.{{ name }}']}\n{% endfor %}\n"
    template = "resource:\n  extension:\n{% for name in var.names %}\n"
    template += "    {{ name }}: {name: w, extension_type: bundle, version: '*'}\n{% endfor %}\n"
    found = folder.render(template + "rollout:\n" + loop, {"names": ["a", "b"]})
    assert shown(found.diagnostics) == []
    assert [(one.name, one.of) for one in found.declarations.rollouts] == [
        ("a", ("extension.a",)),
        ("b", ("extension.b",)),
    ]
    assert [str(one.position) for one in found.declarations.rollouts] == ["templates/main.yaml:8"] * 2


@pytest.mark.parametrize(
    ("said", "summaries"),
    [
        ("", ["what it says must be a mapping, not null"]),
        ("abc", ['what it says must be a mapping, not "abc"']),
        ("{}", ['missing required argument "of"']),
        ("{of: []}", ["of must have 1 or more items"]),
        ("{of: extension.*}", ['of must be a list, not "extension.*"']),
        ("{of: [{a: b}]}", ["of[0] must be a text, not a mapping"]),
        (
            "{of: [extension.*], mode: swich}",
            ['mode must be one of "switch", "restart", "none", not "swich"'],
        ),
        ("{of: [extension.*], wave: [rest]}", ['unknown argument "wave"']),
        ("{of: [extension.*], waves: rest}", ['waves must be a list, not "rest"']),
        ("{of: [extension.*], waves: []}", ["waves must have 1 or more items"]),
        ("{of: [extension.*], waves: [25]}", ["waves[0] is 25, which is no share"]),
        ("{of: [extension.*], waves: [~]}", ["waves[0] is null, which says of nobody when they come"]),
        ("{of: [extension.*], at_once: 0}", ["at_once must be at least 1, not 0"]),
        ("{of: [extension.*], at_once: 1.5}", ["at_once must be a whole number, not 1.5"]),
        ("{of: [extension.*], pause: 600}", ["'600' is not a duration; write it as 24h, 90m or 2d12h"]),
        ("{of: [extension.*], pause: 8d}", ["pause is 8d; it is between 0s and 7d"]),
        ("{of: [extension.*], health: {within: 0s}}", ["health.within is 0s; it is between 1s and 7d"]),
        ("{of: [extension.*], health: {within: ''}}", ["health.within must not be empty"]),
        (
            "{of: [extension.*], health: {status: red}}",
            ['health.status must be one of "green", "yellow", not "red"'],
        ),
        ("{of: [extension.*], health: {plugin: true}}", ['unknown argument "plugin" in health']),
        ("{of: [extension.*], health: yes}", ['health must be a mapping, not "yes"']),
        (
            "{of: [extension.*], health: {analyze: [{index: i, analyzer: a, text: t, tokens: []}]}}",
            ["health.analyze[0].tokens must have 1 or more items"],
        ),
        (
            "{of: [extension.*], health: {analyze: [{index: i, analyzer: a, text: t}]}}",
            ['missing required argument "tokens" in health.analyze[0]'],
        ),
        (
            "{of: [extension.*], on_failure: back}",
            ['on_failure must be one of "stop", "roll_back", "roll_back_all", not "back"'],
        ),
        (
            "{of: [extension.*], mode: swich, at_once: 0, pause: x, waves: [25, restt]}",
            [
                'mode must be one of "switch", "restart", "none", not "swich"',
                "at_once must be at least 1, not 0",
                "'x' is not a duration; write it as 24h, 90m or 2d12h",
                "waves[0] is 25, which is no share",
                'waves[1] is "restt", which says of nobody when they come',
            ],
        ),
        (
            "{of: [extension.*], pause: '{{ resource.extension.words.id }}'}",
            ["pause must be known before anything is applied"],
        ),
        (
            "{of: [extension.*], waves: [{name: '{{ resource.extension.words.id }}'}]}",
            ["waves[0].name must be known before anything is applied"],
        ),
        (
            "{of: [extension.*], waves: [{name: '{{ var.key }}'}], pause: '{{ var.key }}'}",
            [
                "waves[0].name cannot be sensitive: names and ids are shown, and kept as they are",
                "pause cannot be sensitive: names and ids are shown, and kept as they are",
            ],
        ),
        ("{of: [extension.*], mode: '{{ var.nothing }}'}", ['variable "nothing" is not declared']),
    ],
)
def test_what_is_wrong(folder: Folder, said: str, summaries: list[str]) -> None:
    assert problems(folder, said, key="sesame") == summaries


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("{of: extension.*}", "Write it as a list: [extension.*]"),
        ("{of: [extension.*], mode: swich}", 'Did you mean "switch"?'),
        ("{of: [extension.*], on_fail: stop}", 'Did you mean "on_failure"?'),
        ("{of: [extension.*], health: {plugin: true}}", 'Did you mean "plugins"?'),
    ],
)
def test_what_is_meant(folder: Folder, said: str, advice: str) -> None:
    found = folder.render(WORDS + f"rollout: {{search: {said}}}\n")
    assert [item.advice for item in found.diagnostics] == [advice]


def test_the_place_of_each_mistake(folder: Folder) -> None:
    said = (
        "rollout:\n  r:\n    of: [extension.*]\n    waves:\n    - rest\n    -\n      - 10%\n      - tenth\n"
    )
    found = shown(folder.render(WORDS + said).diagnostics)
    assert found == [
        "templates/main.yaml:6: rollout r: waves[0] takes the rest, and leaves nobody for the waves after it",
        'templates/main.yaml:9: rollout r: waves[1][1] is "tenth", which says of nobody when they come',
    ]


def test_names(folder: Folder) -> None:
    said = "rollout: {search: {of: [extension.words]}}\n"
    again = {"templates/more.yaml": said}
    found = folder.render(WORDS + said + "---\nrollout: {9a: {}, a b: {}}\n---\nrollout: [a]\n", files=again)
    assert shown(found.diagnostics) == [
        'templates/main.yaml:4: "9a" is not a name of a roll-out',
        'templates/main.yaml:4: "a b" is not a name of a roll-out',
        "templates/main.yaml:6: rollout must hold a mapping, not a list",
        'templates/more.yaml:1: rollout "search" is declared twice',
    ]
    assert [one.name for one in found.declarations.rollouts] == ["search"]
    assert found.resources.keys() == {Address("extension", "words")}
