"""What must hold after an apply, found by looking at both sides: the state, and the installation."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from .campaign import Broken
from .installation import KEPT, Held, Installation
from .wanted import Extension, Wanted

STATE = Path("state/dev.json")


@frozen
class Moment:
    """Both sides at one moment. entries: of the state, by the name in their address."""

    held: Mapping[str, Held]
    state: Mapping[str, Any]
    entries: Mapping[str, Mapping[str, Any]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        entries = {item["address"].partition(".")[2]: item for item in self.state.get("resources", ())}
        object.__setattr__(self, "entries", entries)

    @classmethod
    def of(cls, folder: Path, installation: Installation) -> Moment:
        path = folder / STATE
        return cls(installation.held(), json.loads(path.read_bytes()) if path.exists() else {})

    @property
    def ids(self) -> dict[str, str]:
        """Address -> id."""
        return {address: str(item["id"]) for address, item in self.entries.items()}

    @property
    def in_doubt(self) -> bool:
        return bool(self.state.get("in_doubt"))


def promise(holds: object, what: str) -> None:
    if not holds:
        raise Broken(what)


def hold_settled(wanted: Wanted, now: Moment, strangers: Collection[str], installation: Installation) -> None:
    """Everything is as wanted, once: no orphan, no duplicate, and the state tells of what is there."""
    ids = now.ids
    promise(not now.in_doubt and not now.state.get("deposed"), "something is in doubt or left over")
    promise(ids.keys() == wanted.resources.keys(), f"the state holds {sorted(ids)}")
    promise(len(set(ids.values())) == len(ids), f"two addresses share an id: {ids}")
    orphans = now.held.keys() - set(ids.values()) - set(strangers)
    promise(not orphans, f"orphans: {[now.held[id_].body for id_ in sorted(orphans)]}")
    lost = {*ids.values(), *strangers} - now.held.keys()
    promise(not lost, f"not in the installation: {sorted(lost)}")
    for address, extension in wanted.resources.items():
        held = now.held[ids[address]]
        _hold_entry(address, now.entries[address], held)
        _hold_wanted(address, extension, held, _description(extension, wanted, now), installation)
    urls = {a: now.held[ids[a]].body["url"] for a, e in wanted.resources.items() if not e.looped}
    promise(now.state.get("outputs", {}) == urls, f"outputs are {now.state.get('outputs')}, not {urls}")


def _hold_entry(address: str, entry: Mapping[str, Any], held: Held) -> None:
    """The state's entry is what the installation says."""
    promise(entry["version"] == held.version, f"{address}: version {entry['version']}, not {held.version}")
    for name in (*KEPT, "id", "url", "file_metadata"):
        known, shown = entry["attributes"].get(name), held.body.get(name)
        if name == "file_metadata" and shown:
            shown = {key: item for key, item in shown.items() if key != "url"}  # a temporary one
        hidden = isinstance(known, dict) and "$sensitive" in known
        promise(hidden or known == shown, f"{address}.{name}: {known!r} in the state, {shown!r} is there")
    sha256 = entry.get("content_sha256")
    promise(sha256 in (None, held.sha256), f"{address}: content {sha256}, not {held.sha256}")


def _hold_wanted(
    address: str, extension: Extension, held: Held, description: str | None, installation: Installation
) -> None:
    """What the installation holds is what the template says."""
    wanted = {
        "name": extension.name,
        "extension_type": extension.extension_type,
        "version": extension.version,
        "description": description,
    }
    for name, value in wanted.items():
        found = held.body.get(name)
        same = found == value or (not found and not value) or name in extension.ignores
        promise(same, f"{address}.{name} is {found!r}, wanted is {value!r}")
    if extension.content is not None:
        promise(held.sha256, f"{address} has no file")
        members = installation.members(held)
        promise(members == extension.members(), f"{address}: its file holds {members}")


def _description(extension: Extension, wanted: Wanted, now: Moment) -> str | None:
    """Computed here from the installation itself, without any code of planner."""
    parts = [] if extension.text is None else [extension.text.replace("\\n", "\n")]
    parts += [str(now.held[now.ids[address]].body[name]) for address, name in extension.refers]
    parts += [wanted.secret] if extension.secret else []
    return " ".join(parts) if parts else None


@frozen
class Write:
    """A request that may have changed something. done: it took effect. place: in the log."""

    place: int
    method: str
    id: str
    done: bool


def writes_in(log: list[dict[str, Any]], new: list[str]) -> list[Write]:
    """The writes of a log. new: ids of what was created meanwhile, in order.

    A create's entry does not say its id, and two at the same time may have changed places in the log: the
    n-th of them is logged after the n-th was made, so a wrong order is never seen where there is none.
    """
    made = iter(new)
    found = []
    for place, entry in enumerate(log):
        if entry["method"] == "GET":
            continue
        id_ = entry["path"].partition("/extensions")[2].strip("/")
        done = _took_effect(entry)
        found.append(Write(place, entry["method"], id_ or (next(made, "") if done else ""), done))
    promise(next(made, None) is None, f"more was created than asked for: {new}")
    promise(all(write.id or not write.done for write in found), "something created is gone at once")
    return found


def _took_effect(entry: Mapping[str, Any]) -> bool:
    fault = entry.get("fault", "")
    if " another" in fault and "when=after" not in fault:
        return False  # the good reply is about something else
    after = "drop-after" in fault or "when=after" in fault
    return after or (entry["status"] or 500) < 300


def hold_order(wanted: Wanted, before: Moment, after: Moment, log: list[dict[str, Any]]) -> None:
    """Every write came after those that it depends on, and every delete before."""
    new = [id_ for id_ in after.held if id_ not in before.held]
    writes = writes_in(log, new)
    _hold_writes(wanted, after.ids, [write for write in writes if write.method != "DELETE"])
    _hold_deletes(wanted, before, after.ids, writes)


def _hold_writes(wanted: Wanted, ids: Mapping[str, str], writes: list[Write]) -> None:
    for address, other in _needs(wanted):
        mine = [write for write in writes if write.id == ids.get(address)]
        theirs = [write for write in writes if write.id == ids.get(other)]
        if mine and theirs:
            told = f"{address} was written before {other}, which it needs"
            promise(theirs[-1].place < mine[0].place, told)
            promise(theirs[-1].done, f"{address} was written though the write of {other} failed")


def _needs(wanted: Wanted) -> Iterator[tuple[str, str]]:
    for address, extension in wanted.resources.items():
        yield from ((address, other) for other in extension.needs)


def _hold_deletes(wanted: Wanted, before: Moment, now: Mapping[str, str], writes: list[Write]) -> None:
    deletes = {write.id: write.place for write in reversed(writes) if write.method == "DELETE"}
    done = {write.id: write.place for write in writes if write.method == "DELETE" and write.done}
    kept = {*wanted.resources, *(source for source, _ in wanted.moves)}
    for address, entry in before.entries.items():
        for other in (item.partition(".")[2] for item in entry.get("dependencies", ())):
            mine, theirs = str(entry["id"]), before.ids.get(other, "")
            if theirs not in deletes:
                continue
            if mine in deletes:
                told = f"{other} was deleted before {address}, which needed it"
                promise(done.get(mine, len(writes) ** 9) < deletes[theirs], told)
            elif other not in kept and now.get(address) == mine:
                changes = [w.place for w in writes if w.id == mine]
                told = f"{other} was deleted before {address} stopped needing it"
                promise(not changes or changes[0] < deletes[theirs], told)


def hold_secrets(folder: Path, secrets: Collection[str], outputs: str) -> None:
    """No secret is in what planner wrote or said."""
    for secret in secrets:
        promise(secret not in outputs, f"the secret {secret} was printed")
        for path in (folder / "state").rglob("*"):
            if path.is_file() and not path.relative_to(folder / "state").parts[0].startswith("sandbox-"):
                promise(secret.encode() not in path.read_bytes(), f"the secret {secret} is in {path.name}")
