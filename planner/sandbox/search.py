"""The search of deployments (ECE API, search-deployments), the synchronization of its index, and its lag.

GET, POST /sandbox/index    {"lags": true} or false; an index that lags finds nothing of what is written

Pages go on by `from`, or by the `cursor` of the page before, which holds the whole request. With
`?minimal_metadata=` the deployments are in that field instead, with these of their attributes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from attrs import frozen
from werkzeug.wrappers import Response

from planner.sandbox import deployment_request as requested
from planner.sandbox.deployments import find
from planner.sandbox.fields import BadQuery, Scope, text_of
from planner.sandbox.http import Call, Route, api_error, reply
from planner.sandbox.index import Index
from planner.sandbox.query import read
from planner.sandbox.tables import DEPLOYMENTS

COLLECTION: Final = "/deployments"
CONTROL: Final = "/sandbox/index"
PAGE: Final = 10
"""How many a search finds at once where it does not say."""
MOST: Final = 10_000
"""How far `from` and `size` reach, as in Elasticsearch."""
BY_DATE: Final = [{"metadata.last_modified": "desc"}]
Document = dict[str, Any]


@frozen(eq=False, repr=False)
class SearchApi:
    index: Index

    def routes(self) -> list[Route]:
        return [
            Route("POST", COLLECTION + "/_search", self.search, body=True),
            Route("POST", COLLECTION + "/_resync", self.resync),
            Route("POST", COLLECTION + "/{deployment_id}/_resync", self.resync),
            Route("GET", CONTROL, self.told, login=False),
            Route("POST", CONTROL, self.tell, login=False, body=True),
        ]

    def search(self, call: Call) -> Response:
        asked = _asked(call)
        start, size = asked["from"], asked["size"]
        try:
            fits = read({} if asked["query"] is None else asked["query"])
        except BadQuery as error:
            raise requested.invalid(str(error), "query") from None
        with self.index.at.storage.read() as db:
            documents = self.index.documents(db)
        found = _sorted([each for each in documents if fits(Scope(each))], asked["sort"])
        page = found[start : start + size]
        body: Document = {"return_count": len(page), "match_count": len(found)}
        if start + size < len(found) and page:
            body["cursor"] = _cursor({**asked, "from": start + size})
        wanted = call.request.args.get("minimal_metadata")
        if wanted is None:
            return reply(body | {"deployments": page})
        kept = [_only(each, wanted.split(",")) for each in page]
        return reply(body | {"deployments": [], "minimal_metadata": kept})

    def resync(self, call: Call) -> Response:
        """ECE API, IndexSynchronizationResults: of one deployment, or of all."""
        with self.index.at.storage.write() as db:
            found = [find(db, call)] if call.params else DEPLOYMENTS.every(db)
            known = {each["id"] for each in self.index.documents(db)}
            self.index.synchronize(db, found)
            gone = [] if call.params else self.index.drop(db)
        ids = [deployment.id for deployment in found]
        new = [id_ for id_ in ids if id_ not in known]
        updated = [id_ for id_ in ids if id_ in known]
        return reply({"created": new, "updated": updated, "deleted": gone, "errors": []})

    def told(self, _: Call) -> Response:
        with self.index.at.storage.read() as db:
            return reply({"lags": self.index.lags(db)})

    def tell(self, call: Call) -> Response:
        lags = call.json().get("lags")
        if not isinstance(lags, bool):
            raise api_error(400, "sandbox.invalid_index", 'Write {"lags": true} or {"lags": false}.')
        with self.index.at.storage.write() as db:
            (self.index.lag if lags else self.index.catch_up)(db)
        return reply({"lags": lags})


def _asked(call: Call) -> Document:
    """The request, or the one that its cursor goes on with. Raises ApiError 400."""
    body = call.json(optional=True)
    if body.get("cursor") is not None:
        return _gone_on(body["cursor"])
    asked = {"from": _count(body, "from", 0), "size": _count(body, "size", PAGE)}
    if asked["from"] + asked["size"] > MOST:
        raise requested.invalid(f"[from] and [size] reach no further than {MOST}: use the cursor.", "size")
    return asked | {"query": body.get("query"), "sort": _fields(body.get("sort"))}


def _count(body: Mapping[str, Any], key: str, default: int) -> int:
    value = default if body.get(key) is None else body[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise requested.invalid(f"Field [{key}] must be a number of 0 or more.", key)
    return value


def _cursor(asked: Document) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(asked)).decode()


def _gone_on(cursor: Any) -> Document:
    try:
        asked: Document = orjson.loads(base64.urlsafe_b64decode(cursor))
        return {key: asked[key] for key in ("from", "size", "query", "sort")}
    except (TypeError, ValueError, KeyError, binascii.Error):
        raise requested.invalid("The cursor is none that a search gave.", "cursor") from None


def _fields(sort: Any) -> list[list[Any]]:
    """Each field with whether the last comes first."""
    given = BY_DATE if sort is None else sort if isinstance(sort, list) else [sort]
    return [_field(item) for item in given]


def _field(item: Any) -> list[Any]:
    if isinstance(item, str):
        return [item, item == "_score"]
    if isinstance(item, dict) and len(item) == 1:
        ((name, order),) = item.items()
        order = order.get("order", "asc") if isinstance(order, dict) else order
        if order in ("asc", "desc"):
            return [name, order == "desc"]
    raise requested.invalid(f"Field [sort] has [{text_of(item)}], which is no order.", "sort")


def _sorted(found: list[Document], sort: Iterable[list[Any]]) -> list[Document]:
    """What has no value comes last. There are no scores: all that fits, fits alike."""
    for name, last_first in reversed([*sort]):
        valued = [(next(Scope(each).values(name), None), each) for each in found]
        there = [pair for pair in valued if pair[0] is not None]
        there.sort(key=lambda pair: str(pair[0]), reverse=last_first)
        found = [each for _, each in there] + [each for value, each in valued if value is None]
    return found


def _only(document: Document, paths: Iterable[str]) -> Document:
    """The document with what is at these paths, as a source filter leaves it."""
    kept: Document = {}
    for path in paths:
        kept = _merged(kept, _part(document, path.strip().split(".")))
    return kept


def _part(value: Any, keys: list[str]) -> Any:
    if not keys:
        return value
    if isinstance(value, list):
        return [{} if part is None else part for part in (_part(item, keys) for item in value)]
    if isinstance(value, dict) and keys[0] in value:
        below = _part(value[keys[0]], keys[1:])
        return None if below is None else {keys[0]: below}
    return None


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {key: _merged(one[key], other[key]) if key in one else other[key] for key in other}
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(*pair) for pair in zip(one, other, strict=True)]
    return one if other is None else other
