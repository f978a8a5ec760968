"""Who uses extensions: named by address, glob, id or url, of the state or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Final

from attrs import evolve

from planner.app.opening import Opened
from planner.engine.ports import Driver
from planner.engine.refresh import Asking
from planner.engine.users import Known, find, written
from planner.errors import Forbidden, PlannerError, WrongUsage
from planner.model.address import as_read
from planner.model.diagnostic import near_or_there
from planner.model.resource import Observed
from planner.model.usage import Usage, Used

EXTENSION: Final = "extension"
_REPOSITORY: Final = "repo://"


def who_uses(here: Opened, names: Sequence[str]) -> Usage:
    """Who uses what names say. WrongUsage for a name that matches nothing, PlannerError for an id that nobody
    knows.
    """
    asked = list({item.value: item for name in names for item in _named(here, name)}.values())
    driver, caller = here.session.drivers[EXTENSION], here.caller
    search = driver.users
    if search is None:  # pragma: no cover - another package's extension
        raise PlannerError("nobody can be searched for as a user of these")
    with caller.doing("Asking the installation") as counted:
        asking = Asking(here.session.parallelism, counted)
        ids = [item.id for item in asked if item.id]
        seen = dict(zip(ids, asking.each(partial(_read, driver), ids), strict=True))
        said = {item.value: _said(seen.get(item.id)) for item in asked}
        known = Known(said, *written(here.state, here.session.drivers, f"{EXTENSION}.{search.attribute}"))
        answer = find(search, known, Asking(here.session.parallelism))
    found = (_told(here, evolve(item, users=answer.users[item.value]), seen) for item in asked)
    return Usage(
        here.environment.name, tuple(found), answer.queries, answer.pages, answer.reads, answer.notes
    )


def _read(driver: Driver, id_: str) -> Observed | None:
    """None also for what Elastic Cloud forbids: there nobody sees what is gone, or another's."""
    try:
        return driver.read(id_)
    except Forbidden:
        if not driver.cloud:
            raise
        return None


def _said(observed: Observed | None) -> tuple[str, ...] | None:
    return observed.used_by if observed else None


def _told(here: Opened, item: Used, seen: Mapping[str, Observed | None]) -> Used:
    if not item.id:
        return item
    observed = seen[item.id]
    if observed is None:
        if item.address is None and not item.users:
            raise PlannerError(
                f"there is no extension {item.id}, and no deployment that names it",
                advice=near_or_there(f"{EXTENSION}.{item.id}", (str(held.address) for held in _held(here)))
                or "planner export extension prints what the installation holds.",
            )
        return evolve(item, gone=True)
    return evolve(item, name=str(observed.attributes.get("name", "")))


def _named(here: Opened, name: str) -> Iterator[Used]:
    held = {item.value: item for item in _held(here)}
    if "://" in name:
        own = name.removeprefix(_REPOSITORY)
        yield held.get(name) or Used(name, id="" if own == name else own)
    elif not name or "." in name or any(mark in name for mark in "*?["):
        yield from _matching(here, name, list(held.values()))
    else:
        value = f"{_REPOSITORY}{name}"
        yield held.get(value) or Used(value, id=name)


def _held(here: Opened) -> Iterator[Used]:
    """The extensions of the state."""
    for address in sorted(here.state.resources, key=as_read):
        prior = here.state.resources[address]
        if address.kind == EXTENSION:
            value = str(prior.attributes.get("url") or f"{_REPOSITORY}{prior.id}")
            yield Used(value, address, prior.id, str(prior.attributes.get("name", "")))


def _matching(here: Opened, name: str, held: Sequence[Used]) -> list[Used]:
    glob = name.removeprefix("resource.")
    found = [item for item in held if fnmatchcase(str(item.address), glob)]
    if not found:
        raise WrongUsage(f"{name} matches no extension of the state", advice=_advice(here, glob, held))
    return found


def _advice(here: Opened, glob: str, held: Sequence[Used]) -> str:
    declared = [a for a in here.configuration.resources if a.kind == EXTENSION and fnmatchcase(str(a), glob)]
    if declared:
        return f"{declared[0]} is declared, and was not applied yet."
    if any(fnmatchcase(str(address), glob) for address in here.state.resources):
        return "Only extensions are used by deployments."
    there = near_or_there(glob, [str(item.address) for item in held])
    return there or "Name it as extension.synonyms, or by its id or url."
