"""The waves of a roll-out: who comes when. Each is one selector, or a list of them: the address of a binding,
a glob over names, a tag, a share, or the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from planner.config.statements import a_text, mapping
from planner.config.validation import Checker, Problem
from planner.config.values import describe
from planner.model.address import Address
from planner.model.diagnostic import did_you_mean
from planner.model.rollout import Chosen
from planner.model.value import Deferred, Path, Value, dotted, is_sensitive, leaves

REST: Final = "rest"
_SHARE: Final = re.compile(r"([0-9]{1,9})%")
_NAME: Final = "[A-Za-z_][A-Za-z0-9_-]*"
_ADDRESS: Final = re.compile(rf"(resource\.)?{_NAME}\.{_NAME}")
_FORMS: Final = "Write the address of a binding, {name: GLOB}, {tag: KEY=VALUE}, a share as 25%, or rest."

_BY_NAME_OR_TAG: Final = mapping(
    "Deployments by their name, or by a tag.",
    name=a_text("A glob over names, as shop-*."),
    tag=a_text("A tag with its value, as tier=canary.")
    | {"pattern": "^[^=]+=.", "x-advice": "Write a tag with its value, as tier=canary."},
)
_ONE: Final = {
    "type": "string",
    "pattern": f"^({REST}|(100|[1-9][0-9]?)%|{_ADDRESS.pattern})$",
    "description": "A binding, as extension_binding.shop; a share of all, as 25%; or rest.",
    "x-advice": _FORMS,
}
_SELECTORS: Final = {"anyOf": [_ONE, _BY_NAME_OR_TAG]}

SCHEMA: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 1,
    "description": "Who comes when: one wave after the other, each of those that were in none before.",
    "items": {"anyOf": [_ONE, _BY_NAME_OR_TAG, {"type": "array", "minItems": 1, "items": _SELECTORS}]},
}
"""Their shape, with what editors say of it. What is wrong with them `wrong_waves` says in better words."""


def read_waves(said: Sequence[Value]) -> tuple[tuple[Chosen, ...], ...]:
    """said: waves with which nothing is wrong. Where nobody says when the rest comes, it comes last."""
    waves = tuple(tuple(map(_chosen, _selectors(wave))) for wave in said)
    return waves if waves and Chosen() in waves[-1] else (*waves, (Chosen(),))


def _selectors(wave: Value) -> Sequence[Value]:
    return wave if isinstance(wave, list | tuple) else (wave,)


def _chosen(selector: Any) -> Chosen:
    if isinstance(selector, Mapping):
        return Chosen(**selector)
    if selector == REST:
        return Chosen()
    if share := _SHARE.fullmatch(selector):
        return Chosen(percent=int(share[1]))
    return Chosen(binding=Address.parse(selector.removeprefix("resource.")))


def wrong_waves(said: Sequence[Value]) -> Iterator[Problem]:
    """What is wrong with waves. Of what is sensitive, or known too late, that is told elsewhere."""
    fine: list[tuple[Path, Chosen]] = []
    for index, wave in enumerate(said):
        here: Path = ("waves", index)
        if not (selectors := _selectors(wave)):
            yield Problem(here, f"{dotted(here)} is empty", advice=_FORMS)
        for number, selector in enumerate(selectors):
            path = here if selector is wave else (*here, number)
            wrong = [*_wrong(selector, path)]
            yield from wrong
            if not wrong and _is_known(selector):
                fine.append((path, _chosen(selector)))
    yield from _rest_too_early(fine, len(said) - 1)
    yield from _said_twice(fine)
    whole: Path = ("waves",)
    if (percent := sum(chosen.percent for _, chosen in fine)) > 100:
        advice = "Shares are of all members; for those that are left write rest."
        yield Problem(whole, f"waves take {percent}% of all", advice=advice)


def _is_known(selector: Value) -> bool:
    return not any(isinstance(leaf, Deferred) or is_sensitive(leaf) for _, leaf in leaves(selector))


@cache
def _checker() -> Checker:
    return Checker(_BY_NAME_OR_TAG, "argument")


def _wrong(selector: Value, path: Path) -> Iterator[Problem]:
    name = dotted(path)
    if isinstance(selector, Mapping):
        found = [*_checker().problems(selector, name)]
        yield from (Problem((*path, *problem.path), problem.summary, problem.advice) for problem in found)
        if not found and len(selector) != 1:
            amount = "both a name and a tag" if selector else "neither a name nor a tag"
            yield Problem(path, f"{name} has {amount}; it has one of them", advice=_FORMS)
    elif _is_known(selector):
        yield from _wrong_scalar(selector, path)


def _wrong_scalar(selector: Value, path: Path) -> Iterator[Problem]:
    name, shown = dotted(path), f'"{selector}"' if isinstance(selector, str) else describe(selector)
    if str(selector).isdecimal():
        yield Problem(path, f"{name} is {selector}, which is no share", advice=f'Did you mean "{selector}%"?')
    elif isinstance(selector, str) and (share := _SHARE.fullmatch(selector)):
        if not 1 <= int(share[1]) <= 100:
            yield Problem(path, f"{name} is {selector}; a share is between 1% and 100%")
    elif not isinstance(selector, str) or (selector != REST and not _ADDRESS.fullmatch(selector)):
        advice = did_you_mean(str(selector), [REST]) or _FORMS
        yield Problem(path, f"{name} is {shown}, which says of nobody when they come", advice=advice)


def _rest_too_early(selectors: Sequence[tuple[Path, Chosen]], last: int) -> Iterator[Problem]:
    for path, chosen in selectors:
        _, index, *_ = path
        if chosen == Chosen() and index != last:
            yield Problem(
                path,
                f"{dotted(path)} takes the rest, and leaves nobody for the waves after it",
                advice="Put rest last.",
            )


def _said_twice(selectors: Sequence[tuple[Path, Chosen]]) -> Iterator[Problem]:
    before: dict[Chosen, Path] = {}
    for path, chosen in selectors:
        first = before.setdefault(chosen, path)
        if first is not path and not chosen.percent:
            yield Problem(
                path,
                f"{_shown(chosen)} is in {dotted(first)} and in {dotted(path)}",
                advice="Take it out of one of them.",
            )


def _shown(chosen: Chosen) -> str:
    if chosen.binding is not None:
        return str(chosen.binding)
    return f"name {chosen.name}" if chosen.name else f"tag {chosen.tag}" if chosen.tag else REST
