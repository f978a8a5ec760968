"""Deployments by what their plans load: searched for in pages of what is needed of them, or read one by one.

Source of the facts: the ECE API's search-deployments and get-deployment. An index keeps the resources of a
deployment as nested documents; whether it analyzes a url nobody tells, so that a match is asked for, which is
exact where it does not, and what comes is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from planner.ece.operations import Operation, Reply
from planner.errors import ApiError, Forbidden, NotFound
from planner.kinds.loading import WRITTEN, written_last
from planner.model.resource import BUNDLE, PLUGIN, Mention, User

if TYPE_CHECKING:
    from planner.ece.client import Client

PAGE: Final = 500
"""Deployments of a page, as Elastic's own clients ask for: some megabytes where each has many extensions."""

MOST_PAGES: Final = 100
MOST_NAMED: Final = 100
"""Values that one query names; where more are asked for, it finds whoever uses any, be it others."""
MOST_IDS: Final = 1000
"""Ids that one query names, where it is for all of them."""

SEARCH: Final = Operation(
    "search-deployments", "POST", "/deployments/_search", repeatable=True, only_reads=True
)
READ: Final = Operation("get-deployment", "GET", "/deployments/{deployment_id}", repeatable=True)
AS_IT_IS: Final = {
    "show_plans": "true",
    "show_metadata": "true",
    "show_plan_defaults": "false",
    "enrich_with_template": "false",
}
_NESTED: Final = "resources.elasticsearch"
_LISTS: Final = {"user_bundles": BUNDLE, "user_plugins": PLUGIN}
_PLANS: Final = ("current", "pending")
_PLAN: Final = f"{_NESTED}.info.plan_info.{{}}.plan"
_PARTS: Final = ("elasticsearch", "cluster_topology.elasticsearch")
_WHERE: Final = tuple(
    f"{_PLAN.format(p)}.{part}.{each}" for p in _PLANS for part in _PARTS for each in _LISTS
)
_NEEDED: Final = ",".join(
    (
        *("id", "name", *(f"metadata.{each}" for each in WRITTEN)),
        "metadata.tags",
        *(
            f"{_PLAN.format(p)}.{each}"
            for p in _PLANS
            for each in ("elasticsearch.version", "cluster_topology.id")
        ),
        *_WHERE,
    )
)
_STATUS: Final = ",".join(f"{_NESTED}.{each}" for each in ("ref_id", "region", "info.status"))
Query = Mapping[str, Any]


@frozen
class Found:
    """What one query found. pages: how many replies that took. whole: whether these are all."""

    users: tuple[User, ...]
    pages: int
    whole: bool = True


@frozen(eq=False, repr=False)
class DeploymentSearch:
    """The deployments of an installation, as users of extensions. page: how many one reply is to have."""

    client: Client
    attribute: str = "url"
    page: int = PAGE

    def by_use(self, values: Collection[str]) -> Found:
        """Those whose plans name any of these urls."""
        return self._found(_naming(sorted(values)), frozenset(values))

    def by_id(self, ids: Collection[str], values: Collection[str]) -> Found:
        """Those with these ids, and which of the urls their plans name."""
        return self._found(_with(ids), frozenset(values))

    def shown(self, ids: Sequence[str]) -> Iterator[Any]:
        """What an index has of those with these ids: name, status, and what plans list."""
        for start in range(0, len(ids), MOST_IDS):
            for items, last in self._pages(_with(ids[start : start + MOST_IDS]), f"{_NEEDED},{_STATUS}"):
                yield from items
                if last:
                    break

    def read(self, id_: str, values: Collection[str]) -> User | None:
        """One as it is, whatever an index says; None for one that these credentials do not find."""
        try:
            reply = self.client.call(READ, {"deployment_id": id_}, query=AS_IT_IS)
        except (NotFound, Forbidden):
            return None
        return user_in(reply.body, frozenset(values))

    def _found(self, query: Query, values: frozenset[str]) -> Found:
        users: dict[str, User] = {}
        pages, whole = 0, False
        for items, last in self._pages(query):
            before, pages = len(users), pages + 1
            users.update((user.id, user) for user in (user_in(item, values) for item in items) if user)
            if last or len(users) == before:
                whole = last or not items
                break
        return Found(tuple(users.values()), pages, whole)

    def _pages(self, query: Query, needed: str = _NEEDED) -> Iterator[tuple[Sequence[Any], bool]]:
        """The deployments of each page, and whether it is the last one. Sorted by what nobody changes: none
        moves from one page to another meanwhile."""
        first: dict[str, Any] = {"query": {"bool": {"filter": [query]}}, "size": self.page, "sort": ["id"]}
        asked, seen = first, 0
        for _ in range(MOST_PAGES):
            reply = self.client.call(SEARCH, query={"minimal_metadata": needed}, json=asked)
            items = _items(reply)
            seen += len(items)
            cursor, count = reply.body.get("cursor"), reply.body.get("match_count")
            more = seen < count if isinstance(count, int) else bool(cursor)
            yield items, not (items and more)
            asked = {"cursor": cursor} if isinstance(cursor, str) and cursor else {**first, "from": seen}


def _items(reply: Reply) -> Sequence[Any]:
    """The deployments of a reply: as they were asked for, or as one shows them that knows nothing of that."""
    body = reply.body if isinstance(reply.body, Mapping) else {}
    for name in ("minimal_metadata", "deployments"):
        if body.get(name):
            return _list(body[name])
    if "deployments" not in body and "minimal_metadata" not in body:
        raise ApiError(
            "the reply to a search holds no deployments", operation=SEARCH.name, status=reply.status
        )
    return ()


def _with(ids: Collection[str]) -> Query:
    return {"bool": {"should": [{"term": {"id": {"value": id_}}} for id_ in sorted(ids)]}}


def _naming(values: Sequence[str]) -> Query:
    """Whose plans name any of values; or anything, where these are too many."""
    if len(values) > MOST_NAMED:
        named: list[Query] = [{"exists": {"field": f"{path}.url"}} for path in _WHERE]
    else:
        asked = ({"query": value, "operator": "and"} for value in values)
        named = [{"match": {f"{path}.url": one}} for one in asked for path in _WHERE]
    return {"nested": {"path": _NESTED, "query": {"bool": {"should": named}}}}


def tags_of(body: Any) -> dict[str, Any]:
    """What people say of a deployment, by key, as a read with its metadata or an index shows it."""
    told = (_map(tag) for tag in _list(_map(_map(body).get("metadata")).get("tags")))
    return {str(tag["key"]): str(tag.get("value", "")) for tag in told if "key" in tag}


def user_in(body: Any, values: frozenset[str]) -> User | None:
    """The deployment in an item of a search, or in the reply to a read, and where it names any of values."""
    told = _map(body)
    id_, resources = told.get("id"), _list(_map(told.get("resources")).get("elasticsearch"))
    if not (isinstance(id_, str) and id_):
        return None
    plans = [
        (_map(_map(_map(_map(resource).get("info")).get("plan_info")).get(which)).get("plan"), which)
        for resource in resources
        for which in _PLANS
    ]
    versions = (_text(_map(_map(plan).get("elasticsearch")).get("version")) for plan, _ in plans)
    return User(
        id=id_,
        name=_text(told.get("name")),
        version=next(filter(None, versions), ""),
        modified=written_last(told) or "",
        tags=tags_of(told),
        places=tuple(p for plan, which in plans for p in _places(_map(plan), values, which == "pending")),
    )


def _places(plan: Mapping[str, Any], values: frozenset[str], pending: bool) -> Iterator[Mention]:
    """An element that has a list of its own does not take the plan's."""
    elements = [_map(element) for element in _list(plan.get("cluster_topology"))]
    for name, role in _LISTS.items():
        own = {
            _text(element.get("id")) or "an element": _map(element.get("elasticsearch")).get(name)
            for element in elements
        }
        without = tuple(element for element, entries in own.items() if entries is not None)
        lists = {"": _map(plan.get("elasticsearch")).get(name), **own}
        for element, entries in lists.items():
            for url, version in dict.fromkeys(map(_entry, _list(entries))):
                if url in values:
                    yield Mention(url, role, version, element, () if element else without, pending)


def _entry(entry: Any) -> tuple[str, str]:
    told = _map(entry)
    return _text(told.get("url")), _text(told.get("elasticsearch_version"))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
