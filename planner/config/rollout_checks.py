"""Roll-outs beside what is declared: what they carry, who is in their waves, and what resources become
through them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final

from attrs import define, evolve, field

from planner.config.blocks import Blocks
from planner.config.references import MAX_SUGGESTIONS
from planner.config.rollouts import Stated
from planner.model.address import Address, as_read
from planner.model.diagnostic import near_or_there
from planner.model.resource import CONTENT
from planner.model.rollout import RESTART, SWITCH
from planner.model.value import Path

_WILD: Final = frozenset("*?[")


def settle_rollouts(blocks: Blocks) -> None:
    """Reports what does not go together. Where a roll-out switches, new content of what it carries makes
    another resource, as with `replace_on: [content]`.
    """
    found = _Carrying(blocks)
    for stated in blocks.rollouts.values():
        found.carry(stated)
        found.check_waves(stated)


@define(eq=False, repr=False, slots=False)
class _Carrying:
    """Who carries what. carriers: the roll-out of each resource that is carried, the first one that names it.
    advised: how often it was looked for what somebody meant.
    """

    blocks: Blocks
    carriers: dict[Address, Stated] = field(factory=dict)
    advised: int = 0

    @cached_property
    def _bindings(self) -> Mapping[str, frozenset[str]]:
        """Each kind whose resources use others on behalf of deployments, with the kinds of these."""
        return {kind.name: kind.uses for kind in self.blocks.kinds.values() if kind.user and kind.uses}

    @cached_property
    def _carried(self) -> Sequence[str]:
        """The kinds that can be carried: with content that deployments load."""
        used = {name for uses in self._bindings.values() for name in uses}
        kinds = self.blocks.kinds
        return sorted(name for name in used if name in kinds and kinds[name].content is not None)

    def carry(self, stated: Stated) -> None:
        for index, glob in enumerate(stated.block.of):
            path: Path = ("of", index)
            named = self._named(glob)
            other = next((address for address in named if address.kind not in self._carried), None)
            if not named:
                advice = self._meant(glob, self._carried)
                stated.error(path, f'of names "{glob}", which no resource is', advice=advice)
            elif other is not None:
                stated.error(
                    path,
                    f'of names "{glob}", and so {other}, but deployments load no {other.kind}',
                    advice=f"Write {' or '.join(f'{k}.*' for k in self._carried)}.",
                )
            else:
                self._take(stated, path, named)

    def _named(self, glob: str) -> list[Address]:
        if _WILD.isdisjoint(glob):
            kind, _, name = glob.partition(".")
            return [address] if (address := Address(kind, name)) in self.blocks.resources else []
        return [address for address in self.blocks.resources if fnmatchcase(str(address), glob)]

    def _meant(self, text: str, kinds: Container[str]) -> str:
        self.advised += 1
        if self.advised > MAX_SUGGESTIONS:
            return ""
        there = [address for address in self.blocks.resources if address.kind in kinds]
        return near_or_there(text, map(str, sorted(there, key=as_read)))

    def _take(self, stated: Stated, path: Path, named: Sequence[Address]) -> None:
        for address in named:
            first = self.carriers.setdefault(address, stated)
            if first is not stated:
                stated.error(
                    path,
                    f"{address} is carried by rollout {first.block.name} already",
                    advice="Leave it to one of them.",
                )
                return
            self._settle(stated, address)

    def _settle(self, stated: Stated, address: Address) -> None:
        """Another resource where the roll-out switches, and the same one where it restarts."""
        mode, desired = stated.block.rules.mode, self.blocks.resources[address]
        for argument, problem in self._against(mode, address):
            path: Path = ("lifecycle", argument)
            self.blocks.places[address].error(
                path,
                f"{argument} is {problem}, but rollout {stated.block.name} has mode: {mode}",
                advice="Take it out, or give the roll-out the other mode.",
            )
        if mode == SWITCH:
            lifecycle = evolve(desired.lifecycle, replace_on=(CONTENT,), create_before_destroy=True)
            self.blocks.resources[address] = evolve(desired, lifecycle=lifecycle)

    def _against(self, mode: str, address: Address) -> Iterator[tuple[str, str]]:
        """What of a resource's lifecycle is not as the mode has it."""
        written = self.blocks.lifecycles.get(address, {})
        if mode == SWITCH and written.get("replace_on") == []:
            yield "replace_on", "empty, so that new content would be put in place"
        if mode == SWITCH and written.get("create_before_destroy") is False:
            yield "create_before_destroy", "false, so that the old one would go first"
        if mode == RESTART and self.blocks.resources[address].lifecycle.replace_on:
            yield "replace_on", "content, so that new content would make another resource"

    def check_waves(self, stated: Stated) -> None:
        for index, wave in enumerate(stated.block.waves):
            for number, chosen in enumerate(wave):
                if chosen.binding is not None:
                    self._check_binding(stated, ("waves", index, number), chosen.binding)

    def _check_binding(self, stated: Stated, path: Path, binding: Address) -> None:
        desired = self.blocks.resources.get(binding)
        if desired is None:
            advice = self._meant(str(binding), self._bindings)
            stated.error(path, f"{binding} is not declared", advice=advice)
        elif binding.kind not in self._bindings:
            forms = ", ".join(f"{kind}.NAME" for kind in sorted(self._bindings))
            stated.error(
                path, f"{binding} is no binding, so it is in no wave", advice=f"Waves have bindings: {forms}."
            )
        elif not any(self.carriers.get(address) is stated for address in desired.dependencies):
            stated.warning(
                path,
                f"{binding} loads nothing that this roll-out carries",
                advice="Take it out of the waves, or add what it loads to of.",
            )
