"""Who uses resources, by name and place: from two queries at most, however many there are of either.

1. One query finds whoever names any of them.
2. What the installation itself says of each, by ids alone, may know others: one query for their names.
3. The index behind both may lag. Where it contradicts the installation, does not show whom that names, or is
   older than what this state wrote, users are read one by one; of many, the first ones, and a note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field, frozen

from planner.engine.ports import Drivers, Found, UserSearch
from planner.engine.refresh import Asking, View
from planner.engine.uses import uses_of
from planner.errors import PlannerError
from planner.model.resource import Mention, Prior, User
from planner.model.state import State
from planner.model.times import moment

MOST_READ: Final = 20
MOST_ASKED: Final = 500
"""Ids that the second query names."""


@frozen(eq=False)
class Known:
    """What is known before anything is searched for. said: by value, the ids of its users as the
    installation says; None where it was not asked, or does not say.

    wrote: by id of a user, when this state wrote it last. uses: values and ids of users, as this state
    holds them.
    """

    said: Mapping[str, Collection[str] | None]
    wrote: Mapping[str, str] = field(factory=dict)
    uses: Collection[tuple[str, str]] = frozenset()


@frozen
class Answer:
    """Who uses what. users: by value, in the order of their names. queries, pages, reads: what was asked."""

    users: Mapping[str, tuple[User, ...]]
    queries: int = 0
    pages: int = 0
    reads: int = 0
    notes: tuple[str, ...] = ()


def written(state: State, drivers: Drivers, target: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """Known.wrote and Known.uses, of what refers to target, as "extension.url"."""
    wrote: dict[str, str] = {}
    uses: set[tuple[str, str]] = set()
    for prior in state.resources.values():
        kind = drivers[prior.address.kind].kind
        by = prior.attributes.get(kind.user) if kind.user else None
        if isinstance(by, str):
            wrote[by] = max(prior.last_modified or "", wrote.get(by, ""))
            uses |= {(u.value, by) for u in uses_of(kind, prior.attributes) if u.target == target}
    return wrote, uses


def find(search: UserSearch, known: Known, asking: Asking) -> Answer:
    """Who uses each of the values of known."""
    return _Finding(search, known, asking).found() if known.said else Answer({})


@define(eq=False, repr=False)
class _Finding:
    search: UserSearch
    known: Known
    asking: Asking
    users: dict[str, User] = field(factory=dict)
    queries: int = 0
    pages: int = 0
    notes: list[str] = field(factory=list)

    def found(self) -> Answer:
        values = self.known.said
        self._query(lambda: self.search.by_use(values))
        named = {id_ for ids in values.values() for id_ in ids or ()}
        if unseen := sorted(named - self.users.keys())[:MOST_ASKED]:
            self._query(lambda: self.search.by_id(unseen, values))
        read = self._read(sorted({*self._doubtful()}))
        shown = self._shown()
        told = {value: self._of(shown[value], ids or ()) for value, ids in values.items()}
        return Answer(told, self.queries, self.pages, read, tuple(self.notes))

    def _query(self, ask: Callable[[], Found]) -> None:
        found = ask()
        self.queries, self.pages = self.queries + 1, self.pages + found.pages
        self.users.update((user.id, user) for user in found.users)
        if not found.whole:
            self.notes.append(
                f"the search of deployments ended after {found.pages:,} pages: there may be more users"
            )

    def _doubtful(self) -> Iterator[str]:
        """Whom the index shows otherwise than the installation does, or from before this state wrote them."""
        shown, said, wrote = self._shown(), self.known.said, self.known.wrote
        for value, ids in said.items():
            if ids is not None:
                yield from {*ids} ^ {id_ for id_, places in shown[value].items() if _in_force(places)}
        yield from (id_ for id_, at in wrote.items() if self._is_older(id_, at))
        held = {id_ for value, id_ in self.known.uses if value in said and said[value] is None}
        yield from held - self.users.keys()

    def _is_older(self, id_: str, at: str) -> bool:
        """An index that does not say when that was may be older."""
        wrote, shown = moment(at), moment(self.users[id_].modified) if id_ in self.users else None
        return id_ in self.users and wrote is not None and (shown is None or shown < wrote)

    def _shown(self) -> dict[str, dict[str, list[Mention]]]:
        """By value, the places where each user names it."""
        found: dict[str, dict[str, list[Mention]]] = {value: {} for value in self.known.said}
        for user in self.users.values():
            for place in user.places:
                if place.of in found:
                    found[place.of].setdefault(user.id, []).append(place)
        return found

    def _read(self, ids: Sequence[str]) -> int:
        asked = ids[:MOST_READ]
        reads = self.asking.each(lambda id_: self.search.read(id_, self.known.said), asked)
        for id_, user in zip(asked, reads, strict=True):
            if user is not None:
                self.users[id_] = user
            else:
                self.users.pop(id_, None)
        if left := len(ids) - len(asked):
            self.notes.append(
                f"the index of deployments is behind: {left:,} of those that it does not show as the "
                "installation does were not read, and are told as it has them, or by id alone"
            )
        return len(asked)

    def _of(self, shown: Mapping[str, Sequence[Mention]], said: Collection[str]) -> tuple[User, ...]:
        """With those of whom only the installation says so."""
        naming = {id_: evolve(self.users[id_], places=tuple(places)) for id_, places in shown.items()}
        others = {id_: evolve(self.users.get(id_, User(id_)), places=()) for id_ in said if id_ not in naming}
        return tuple(sorted((naming | others).values(), key=_by_name))


def _in_force(places: Sequence[Mention]) -> bool:
    return not all(place.pending for place in places)


def _by_name(user: User) -> tuple[bool, str, str]:
    """Those whose name nobody knows come last."""
    return not user.name, user.name, user.id


def with_users(view: View, read: Iterable[Prior], state: State, drivers: Drivers, asking: Asking) -> View:
    """view, with who uses those of read by name, where the installation says that somebody does. What stands
    in the way of that is a note: it is for people only.
    """
    seen = ((prior.address, view.resources.get(prior.address)) for prior in read)
    used = {address: observed for address, observed in seen if observed and observed.used_by}
    for kind in dict.fromkeys(address.kind for address in used):
        search = drivers[kind].users
        if search is None:
            continue
        named = {a: str(o.attributes.get(search.attribute)) for a, o in used.items() if a.kind == kind}
        known = Known(
            {value: used[address].used_by for address, value in named.items()},
            *written(state, drivers, f"{kind}.{search.attribute}"),
        )
        try:
            found = find(search, known, asking)
        except PlannerError as error:
            note = f"who uses what changes is told by ids alone: {error.summary}"
            view = evolve(view, notes=(*view.notes, note))
            continue
        users = {address: found.users[value] for address, value in named.items()}
        view = evolve(view, users={**view.users, **users}, notes=(*view.notes, *found.notes))
    return view
