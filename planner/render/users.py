"""Who uses something, as text: deployments by name, with their version and where they name it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from attrs import frozen

from planner.model.plan import Change
from planner.model.resource import Mention, User
from planner.render.values import all_of


@frozen
class UserView:
    """A deployment as it is named. about: what else is known of it, "" for nothing."""

    id: str
    name: str
    about: str = ""

    @property
    def text(self) -> str:
        return f"{self.name} ({self.about})" if self.about else self.name


def user_views(change: Change) -> tuple[UserView, ...]:
    """All that use what a change is of: by name as far as they are known, else by id."""
    known = {user.id: user for user in change.users}
    many = Counter(user.name for user in change.users)
    return tuple(
        _view(known[id_], many[known[id_].name] > 1) if id_ in known else UserView(id_, id_)
        for id_ in change.used_by
    )


def _view(user: User, ambiguous: bool) -> UserView:
    if not user.name:
        return UserView(user.id, user.id)
    told = (f"id {user.id}" if ambiguous else "", user.version, places_text(user.places))
    return UserView(user.id, user.name, ", ".join(filter(None, told)))


def places_text(places: Sequence[Mention]) -> str:
    """`plan`, `hot_content and warm`, `plan (pending)`; `plan (not cold)` where cold has a list of its own
    that does not name it.
    """
    own = {place.element for place in places}
    return all_of([*dict.fromkeys(_place_text(place, own) for place in places)])


def _place_text(place: Mention, own: Collection[str]) -> str:
    missing = [element for element in place.without if element not in own]
    told = [f"not {', '.join(missing)}"] if missing else []
    told += ["pending"] if place.pending else []
    return f"{place.element or 'plan'} ({'; '.join(told)})" if told else place.element or "plan"
