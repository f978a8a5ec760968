"""The queries that a search of deployments takes (ECE API, QueryContainer), as tests of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from planner.sandbox.fields import (
    EVERYWHERE,
    NESTED,
    TEXTS,
    BadQuery,
    Scope,
    Test,
    leaves,
    text_of,
    words,
)
from planner.sandbox.query_string import parse


def read(query: Any) -> Test:
    """The test that a query is. Raises BadQuery."""
    if not isinstance(query, Mapping):
        raise BadQuery("A query must be an object.")
    told = {name: value for name, value in query.items() if value is not None}
    if not told:
        return _everything
    if len(told) > 1:
        raise BadQuery(f"A query has one kind only, not [{', '.join(told)}].")
    ((name, value),) = told.items()
    if name not in _KINDS:
        raise BadQuery(f"The sandbox knows no query [{name}]; it knows [{', '.join(_KINDS)}].")
    if not isinstance(value, Mapping):
        raise BadQuery(f"The query [{name}] must be an object.")
    return _KINDS[name](value)


def _everything(_: Scope) -> bool:
    return True


def _match_all(_: Mapping[str, Any]) -> Test:
    return _everything


def _match_none(_: Mapping[str, Any]) -> Test:
    return lambda _: False


def _bool(told: Mapping[str, Any]) -> Test:
    needed = [*_clauses(told, "must"), *_clauses(told, "filter")]
    may, never = _clauses(told, "should"), _clauses(told, "must_not")
    least = told.get("minimum_should_match")
    if least is None:
        least = 1 if may and not needed else 0
    if not isinstance(least, int):
        raise BadQuery("Field [minimum_should_match] must be a whole number.")

    def test(scope: Scope) -> bool:
        if any(each(scope) for each in never) or not all(each(scope) for each in needed):
            return False
        fitting = (True for each in may if each(scope))
        return least <= 0 or len(list(islice(fitting, least))) == least

    return test


def _clauses(told: Mapping[str, Any], name: str) -> list[Test]:
    clauses = told.get(name)
    if clauses is None:
        return []
    return [read(clause) for clause in (clauses if isinstance(clauses, list) else [clauses])]


def _nested(told: Mapping[str, Any]) -> Test:
    path = told.get("path")
    if path not in NESTED:
        raise BadQuery(f"[nested] failed to find nested object under path [{path}]")
    test = read(told.get("query") or {})
    return lambda scope: any(map(test, scope.below(path)))


def _term(told: Mapping[str, Any]) -> Test:
    field, given = _of_field(told, "value")
    return lambda scope: given in scope.terms(field)


def _prefix(told: Mapping[str, Any]) -> Test:
    field, given = _of_field(told, "value")
    return lambda scope: any(value.startswith(given) for value in scope.terms(field))


def _match(told: Mapping[str, Any]) -> Test:
    field, given = _of_field(told, "query")
    if field not in TEXTS:
        return lambda scope: given in scope.terms(field)
    options = next(iter(told.values()))
    every = isinstance(options, Mapping) and str(options.get("operator")).lower() == "and"
    wanted = words(given)

    def test(scope: Scope) -> bool:
        found = [word in scope.terms(field) for word in wanted]
        return all(found) if every else any(found)

    return test


def _exists(told: Mapping[str, Any]) -> Test:
    field = told.get("field")
    if not isinstance(field, str):
        raise BadQuery("The query [exists] needs a [field].")
    return lambda scope: any(_anything(scope, field))


def _anything(scope: Scope, field: str) -> Iterator[bool]:
    """What a field of objects has is its own too."""
    inside = f"{field}."
    yield from (True for _ in scope.values(field))
    yield from (True for name, _ in leaves(scope.body, scope.at) if name.startswith(inside))


def _query_string(told: Mapping[str, Any]) -> Test:
    text, field = told.get("query"), told.get("default_field") or EVERYWHERE
    if not isinstance(text, str):
        raise BadQuery("The query [query_string] needs a text [query].")
    return parse(text, field, every=str(told.get("default_operator")).lower() == "and")


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any]], Test]]] = {
    "match_all": _match_all,
    "match_none": _match_none,
    "bool": _bool,
    "nested": _nested,
    "term": _term,
    "match": _match,
    "prefix": _prefix,
    "exists": _exists,
    "query_string": _query_string,
}


def _of_field(told: Mapping[str, Any], key: str) -> tuple[str, str]:
    """The only field of a query, and what is asked of it, which may stand there without its key."""
    if len(told) != 1:
        raise BadQuery(f"A query of a field has one field, not [{', '.join(told)}].")
    ((field, given),) = told.items()
    value = given.get(key) if isinstance(given, Mapping) else given
    if value is None or isinstance(value, Mapping | list):
        raise BadQuery(f"Field [{field}] needs a [{key}].")
    return field, text_of(value)
