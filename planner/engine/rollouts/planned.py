"""Roll-outs as a plan has them: what each carries, which deployments it takes, and in which waves. Pure.

In the modes "switch" and "none" the members are bindings that change and depend on what the block's `of`
names. In the mode "restart" whoever uses what gets another content in place is a member too, bound or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from math import ceil
from typing import Final

from attrs import evolve, field, frozen

from planner.engine.decisions import Decisions
from planner.engine.steps import WRITES
from planner.model.address import Address, as_read
from planner.model.codec import digest
from planner.model.declarations import RolloutBlock
from planner.model.plan import NORMAL, Action, Change
from planner.model.resource import User
from planner.model.rollout import (
    CHECK,
    LOOK,
    NONE,
    RESTART,
    RESTARTED,
    Chosen,
    Failure,
    Member,
    Rollout,
)
from planner.model.value import Value, conceal, leaves, references
from planner.model.value_json import encode_mapping

_NAMED: Final = 3
Tagged = tuple[Member, Mapping[str, Value]]


@frozen(eq=False)
class Carried:
    """One roll-out of a plan. of: what it carries. members: the addresses of whom it takes. restarts: the
    changes of those that only start anew. failure: why it is held back, if it is.
    """

    block: RolloutBlock
    of: tuple[Address, ...]
    wish: str
    members: tuple[Address, ...] = ()
    restarts: Mapping[Address, Change] = field(factory=dict)
    failure: Failure | None = None

    @property
    def label(self) -> str:
        return f"rollout.{self.block.name}"

    @property
    def held(self) -> tuple[Address, ...]:
        """What is not touched where it is held back: new content in place would reach whoever starts anew."""
        return (*self.members, *(self.of if self.block.rules.mode == RESTART else ()))

    def writes(self, address: Address, writes: Sequence[str]) -> tuple[str, ...]:
        """The steps of a member."""
        return (LOOK, *((RESTARTED,) if address in self.restarts else writes), CHECK)


def carried(decisions: Decisions) -> list[Carried]:
    """The roll-outs that have members in a plan; what belongs to two is told to the diagnostics."""
    goal = decisions.goal
    if goal.mode != NORMAL or not goal.declarations.rollouts:
        return []
    blocks = map(_Block(decisions).carried, goal.declarations.rollouts)
    found = [each for each in blocks if each.members or (each.of and each.block.rules.mode == NONE)]
    _refuse_shared(found, decisions)
    return found


def _refuse_shared(found: Sequence[Carried], decisions: Decisions) -> None:
    whose: dict[Address, Carried] = {}
    for each in found:
        for address in each.members:
            first = whose.setdefault(address, each)
            if first is not each:
                decisions.diagnostics.error(
                    f"{address} belongs to {first.label} and to {each.label}",
                    detail="A deployment starts anew once for one plan, in one wave of one roll-out.",
                    address=str(address),
                    position=each.block.position,
                    advice="Carry what it loads by one roll-out, or apply one after the other with --target.",
                )


@frozen(eq=False, repr=False)
class _Block:
    decisions: Decisions

    def carried(self, block: RolloutBlock) -> Carried:
        goal = self.decisions.goal
        of = {a for a in goal.resources if any(fnmatchcase(str(a), glob) for glob in block.of)}
        if block.rules.mode == NONE:
            return Carried(block, tuple(filter(self._is_placed, sorted(of))), "")
        members = [a for a in goal.resources if self._is_bound(a, of)]
        restarts = self._restarts(of, {*members}) if block.rules.mode == RESTART else {}
        used = {dep for a in members for dep in goal.resources[a].dependencies if dep in of}
        used |= {dep for change in restarts.values() for dep in change.dependencies}
        wish = self._wish(sorted(used))
        failures = self.decisions.refreshed.state.failures
        failure = next((f for f in failures if (f.rollout, f.wish) == (block.name, wish)), None)
        held = None if block.name in goal.retried else failure
        everyone = tuple(sorted((*members, *restarts), key=as_read))
        changing = [a for a in sorted(used) if self._moves(a, members)]
        return Carried(block, tuple(changing or sorted(used)), wish, everyone, restarts, held)

    def _is_placed(self, address: Address) -> bool:
        """Whether it gets another content in place."""
        change = self.decisions.made[address].change
        return change.action is Action.UPDATE and change.content is not None

    def _moves(self, address: Address, members: Sequence[Address]) -> bool:
        """Whether it changes, or a member goes over to it, as to one that an earlier apply made."""
        made, attributes = self.decisions.made, self.decisions.drivers[address.kind].kind.attributes
        if made[address].change.action is not Action.NO_OP:
            return True
        of_it = {name: value for name, value in made[address].after.items() if attributes[name].read_only}
        for member in members:
            wanted = references(self.decisions.goal.resources[member].attributes)
            named = {of_it.get(str(ref.path[0])) for ref in wanted if ref.address == address} - {None}
            if any(leaf in named for diff in made[member].change.diffs for _, leaf in leaves(diff.after)):
                return True
        return False

    def _is_bound(self, address: Address, of: set[Address]) -> bool:
        """Whether it is the change of what somebody loads, and that is carried."""
        decisions = self.decisions
        change = decisions.made[address].change
        if change.action not in WRITES or not decisions.drivers[address.kind].kind.user:
            return False
        return not of.isdisjoint(decisions.goal.resources[address].dependencies)

    def _wish(self, used: Sequence[Address]) -> str:
        """What is to be there in the end, as a digest."""
        goal = self.decisions.goal

        def told(address: Address) -> list[object]:
            desired = goal.resources[address]
            attributes = {name: conceal(value, goal.salt) for name, value in desired.attributes.items()}
            return [str(address), desired.content and desired.content.sha256, encode_mapping(attributes)]

        return digest([told(address) for address in used])

    def _restarts(self, of: Collection[Address], members: Collection[Address]) -> dict[Address, Change]:
        """Of each user of what gets another content in place, and whose own change does not restart it."""
        decisions = self.decisions
        found: dict[Address, Change] = {}
        bound = self._bound_ids()
        for address in sorted(of):
            for id_ in decisions.made[address].change.used_by if self._is_placed(address) else ():
                at = bound.get(id_) or standing_for(id_)
                own = decisions.made[at].change.action if at in decisions.made else Action.NO_OP
                if own is Action.FORGET:
                    at = standing_for(id_)
                if at not in members and own is not Action.DELETE:  # which detaches, and starts it anew
                    before = found.get(at)
                    carried = (*(before.dependencies if before else ()), address)
                    reason = f"{', '.join(map(str, carried))} changes in place"
                    found[at] = Change(at, Action.RESTART, reason, id=id_, dependencies=carried)
        return found

    def _bound_ids(self) -> dict[str, Address]:
        decisions = self.decisions
        kinds = {address.kind for address in decisions.made}
        kinds = {name for name in kinds if decisions.drivers[name].kind.user}
        return {
            decision.change.id or decisions.refreshed.priors[address].id: address
            for address, decision in decisions.made.items()
            if address.kind in kinds and (decision.change.id or address in decisions.refreshed.priors)
        }


def standing_for(id_: str) -> Address:
    """The address of a deployment that no binding here is for."""
    return Address("extension_binding", f"_{id_}")


@frozen(eq=False, repr=False)
class Planned:
    """Puts the members of roll-outs into waves. taken: the addresses whose change is taken."""

    decisions: Decisions
    taken: Collection[Address]

    def rollouts(self, found: Sequence[Carried]) -> Iterator[Rollout]:
        for each in found:
            concerned = each.members or each.of  # nobody is a member of what carries nothing
            if each.failure is not None or any(address in self.taken for address in concerned):
                yield self._rollout(each)

    def _rollout(self, each: Carried) -> Rollout:
        block = each.block
        members = [self._member(address, each) for address in each.members]
        waves = self._waves(block, members)
        self._tell_vain(block, members)
        rollout = Rollout(block.name, block.rules, each.of, each.wish, waves, held=each.failure)
        return evolve(rollout, keeping=self._keeping(each, members) if block.rules.mode != RESTART else ())

    def _member(self, address: Address, each: Carried) -> Tagged:
        decisions = self.decisions
        if address in each.restarts:
            id_ = each.restarts[address].id or ""
            user = self._users(each).get(id_, User(id_))
            return Member(id_, address, user.name, user.version), user.tags
        member, tags = self._bound(address)
        wrong = (item.address for item in decisions.diagnostics if item.is_error)
        if not member.id and str(address) not in wrong:
            decisions.diagnostics.error(
                f"{address}: which deployment it is for is not known yet",
                detail="The members of a roll-out are fixed before it begins.",
                address=str(address),
                advice="Create the deployment first, with --target.",
            )
        return member, tags

    def _bound(self, address: Address) -> Tagged:
        decision, seen = self.decisions.made[address], self.decisions.refreshed.seen(address)
        about, kind = seen.about if seen else {}, self.decisions.drivers[address.kind].kind
        id_, tags = decision.change.id or kind.identity.id_of(decision.after) or "", about.get("tags")
        name, version = str(about.get("name") or ""), str(about.get("version") or "")
        return Member(id_, address, name, version), tags if isinstance(tags, Mapping) else {}

    def _users(self, each: Carried) -> dict[str, User]:
        view = self.decisions.refreshed.view
        return {user.id: user for address in each.of for user in view.users.get(address, ())}

    def _keeping(self, each: Carried, members: Sequence[Tagged]) -> tuple[str, ...]:
        """Who uses what is carried, and is no member, by name."""
        ids, users = {member.id for member, _ in members}, self._users(each)
        changes = (self.decisions.made[address].change for address in each.of)
        leaves = Action.UPDATE if each.block.rules.mode == NONE else Action.REPLACE
        used = {id_ for change in changes if change.action is leaves for id_ in change.used_by}
        left = self.decisions.refreshed.view.deposed.items()  # as what another one took the place of again
        used |= {id_ for (a, _), seen in left if a in each.of and seen for id_ in seen.used_by or ()}
        return tuple(sorted((users[id_].name if id_ in users else "") or id_ for id_ in used - ids))

    def _waves(self, block: RolloutBlock, members: Sequence[Tagged]) -> tuple[tuple[Member, ...], ...]:
        waves, left = in_waves(block, members)
        if left:
            named = ", ".join(str(member.address) for member in left[:_NAMED])
            more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            self.decisions.diagnostics.error(
                f"rollout.{block.name} has no wave for {named}{more}",
                position=block.position,
                advice="End its waves with rest.",
            )
        return waves

    def _tell_vain(self, block: RolloutBlock, members: Sequence[Tagged]) -> None:
        """Warns of a name or a tag that no deployment has which is bound here: its wave is left out. Where
        not all are known nobody can tell.
        """
        decisions = self.decisions
        bound = [a for a in decisions.goal.resources if decisions.drivers[a.kind].kind.user]
        everyone = [*members, *map(self._bound, bound)]
        if not all(member.name for member, _ in everyone):
            return
        for chosen in (chosen for selectors in block.waves for chosen in selectors):
            what = (
                f"the tag {chosen.tag}" if chosen.tag else f"a name as {chosen.name}" if chosen.name else ""
            )
            if what and not any(_fits(chosen, member, tags) for member, tags in everyone):
                decisions.diagnostics.warning(
                    f"rollout.{block.name} has a wave for {what}, which no deployment that is bound here has",
                    position=block.position,
                    advice="Nobody comes first by it: correct it, or take it out of waves.",
                )


def in_waves(
    block: RolloutBlock, members: Sequence[Tagged]
) -> tuple[tuple[tuple[Member, ...], ...], list[Member]]:
    """The members by wave, and those that no wave takes. Each is in the first one that takes it; a wave that
    takes nobody is none."""
    left = [*members]
    waves: list[tuple[Member, ...]] = []
    for selectors in block.waves:
        taken: list[Member] = []
        for chosen in selectors:
            found = _chosen(chosen, left, block.name, len(members))
            taken += found
            left = [pair for pair in left if pair[0] not in found]
        if taken:
            waves.append(tuple(taken))
    return tuple(waves), [member for member, _ in left]


def _chosen(chosen: Chosen, left: Sequence[Tagged], name: str, count: int) -> list[Member]:
    """Those of who is left that a wave takes, in the order of the names."""
    if chosen.percent:
        by_hash = sorted(left, key=lambda pair: sha256(f"{name} {pair[0].id}".encode()).digest())
        found = [member for member, _ in by_hash[: ceil(count * chosen.percent / 100)]]
    else:
        found = [member for member, tags in left if _fits(chosen, member, tags)]
    return sorted(found, key=lambda member: as_read(member.shown))


def _fits(chosen: Chosen, member: Member, tags: Mapping[str, Value]) -> bool:
    if chosen.binding is not None:
        return member.address == chosen.binding
    if chosen.name:
        return fnmatchcase(member.name, chosen.name)
    if chosen.tag:
        key, _, value = chosen.tag.partition("=")
        return str(tags.get(key, "")) == value and key in tags
    return True
