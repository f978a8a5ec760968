"""Random projects and random edits of them. Chance comes from a Random, so a seed shows the same again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from attrs import evolve

from .wanted import BUNDLE, PLUGIN, REFERABLE, Extension, Wanted, looped

NAMES = ("alpha", "beta", "gamma", "delta.v2", "Epsilon_3")
"""Few, so that two resources often have the same natural key."""

VERSIONS = ("8.*", "*", "8.15.*", "8.15.3")
TEXTS = ("", "one", "two words", "key: value", "# no comment", "ünïcödé", "a\\nb", "- x", "{a}")
IGNORABLE = ("name", "version", "description")

Edit = Callable[[Wanted, Random], Wanted]


def random_project(random: Random) -> Wanted:
    wanted = Wanted()
    for _ in range(random.randint(2, 8)):
        wanted = add(wanted, random)
    return _storable(wanted)


def edited(wanted: Wanted, random: Random) -> tuple[Wanted, int]:
    """wanted after some edits, and how many; moves of former edits are done and taken out."""
    count = random.randint(1, 5)
    wanted = evolve(wanted, moves=())
    for _ in range(count):
        wanted = random.choice(EDITS)(wanted, random)
    return _storable(wanted), count


def _storable(wanted: Wanted) -> Wanted:
    """No plugin ignores its version: its file is for that of the template, and the installation refuses it
    where it keeps another one."""
    plugins = {a: e for a, e in wanted.resources.items() if e.extension_type == PLUGIN}
    heeded = {a: evolve(e, ignores=tuple(n for n in e.ignores if n != "version")) for a, e in plugins.items()}
    return evolve(wanted, resources={**wanted.resources, **heeded})


def add(wanted: Wanted, random: Random) -> Wanted:
    address = f"r{wanted.made}"
    made = looped(address) if random.random() < 0.15 else _random_extension(list(wanted.resources), random)
    return evolve(wanted.put(address, made), made=wanted.made + 1)


def _random_extension(others: Sequence[str], random: Random) -> Extension:
    plugin = random.random() < 0.25
    needed = random.sample(list(others), min(len(others), random.choice((0, 0, 1, 2, 3))))
    extension = Extension(
        name=random.choice(NAMES),
        extension_type=PLUGIN if plugin else BUNDLE,
        version="8.15.3" if plugin else random.choice(VERSIONS),
        text=random.choice((None, *TEXTS)),
        secret=random.random() < 0.15,
        content=random.randint(0, 9) if random.random() < 0.6 else None,
        zipped=random.random() < 0.3,
        first=random.random() < 0.25,
        guarded=random.random() < 0.04,
    )
    return _ignoring(_needing(extension, needed, random), random)


def _needing(extension: Extension, needed: Sequence[str], random: Random) -> Extension:
    """extension, with each of needed in one of the ways to need something."""
    refers, after, triggers = [], [], []
    for address in needed:
        way = random.choice(("refer", "refer", "after", "trigger"))
        if way == "refer":
            refers.append((address, random.choice(REFERABLE)))
        elif way == "after":
            after.append(address)
        else:
            triggers.append(address + random.choice(("", ".version", ".description")))
    return evolve(extension, refers=tuple(refers), after=tuple(after), triggers=tuple(triggers))


def _ignoring(extension: Extension, random: Random) -> Extension:
    if random.random() < 0.85:
        return evolve(extension, ignores=())
    # a secret that is ignored cannot be sent: planner refuses that, and says so
    names = [name for name in IGNORABLE if not (extension.secret and name == "description")]
    return evolve(extension, ignores=(random.choice(names),))


def _some(wanted: Wanted, random: Random) -> str | None:
    """The address of a resource that has attributes of its own."""
    found = [address for address, extension in wanted.resources.items() if not extension.looped]
    return random.choice(found) if found else None


def _changing(change: Callable[[Extension, Random], Extension]) -> Edit:
    def edit(wanted: Wanted, random: Random) -> Wanted:
        address = _some(wanted, random)
        return wanted if address is None else wanted.put(address, change(wanted.resources[address], random))

    return edit


def _version(extension: Extension, random: Random) -> Extension:
    plugin = extension.extension_type == PLUGIN
    return evolve(extension, version=random.choice(("8.15.3", "8.15.4") if plugin else VERSIONS))


def _type(extension: Extension, random: Random) -> Extension:
    other = BUNDLE if extension.extension_type == PLUGIN else PLUGIN
    return evolve(extension, extension_type=other, version="8.15.3")


def _content(extension: Extension, random: Random) -> Extension:
    return evolve(extension, content=random.choice((None, *range(10))), zipped=random.random() < 0.3)


def _secret(extension: Extension, random: Random) -> Extension:
    return _ignoring(evolve(extension, secret=not extension.secret), random)


def remove(wanted: Wanted, random: Random) -> Wanted:
    if not wanted.resources:
        return wanted
    gone = random.choice(list(wanted.resources))
    left = {a: _without(extension, gone) for a, extension in wanted.resources.items() if a != gone}
    moves = tuple(move for move in wanted.moves if gone not in move)
    return evolve(wanted, resources=left, moves=moves)


def _without(extension: Extension, gone: str) -> Extension:
    return evolve(
        extension,
        refers=tuple(item for item in extension.refers if item[0] != gone),
        after=tuple(item for item in extension.after if item != gone),
        triggers=tuple(item for item in extension.triggers if item.partition(".")[0] != gone),
    )


def rename(wanted: Wanted, random: Random) -> Wanted:
    """Another address, with a moved block or as one gone and one new."""
    old = _some(wanted, random)
    if old is None:
        return wanted
    new = f"r{wanted.made}"
    resources = {
        new if address == old else address: _renamed(extension, old, new)
        for address, extension in wanted.resources.items()
    }
    moves = (*wanted.moves, (old, new)) if random.random() < 0.6 else wanted.moves
    return evolve(wanted, resources=resources, moves=moves, made=wanted.made + 1)


def _renamed(extension: Extension, old: str, new: str) -> Extension:
    def now(address: str) -> str:
        return new if address == old else address

    triggers = (trigger.partition(".") for trigger in extension.triggers)
    return evolve(
        extension,
        refers=tuple((now(address), name) for address, name in extension.refers),
        after=tuple(now(address) for address in extension.after),
        triggers=tuple(now(address) + dot + name for address, dot, name in triggers),
    )


def rewire(wanted: Wanted, random: Random) -> Wanted:
    """One resource needs others than before, among those that stand before it."""
    address = _some(wanted, random)
    if address is None:
        return wanted
    before = list(wanted.resources)[: list(wanted.resources).index(address)]
    needed = random.sample(before, min(len(before), random.randint(0, 3)))
    return wanted.put(address, _needing(wanted.resources[address], needed, random))


def reorder(wanted: Wanted, random: Random) -> Wanted:
    """One resource needs nothing any more and stands first, so that others may come to need it."""
    address = _some(wanted, random)
    if address is None:
        return wanted
    free = evolve(wanted.resources[address], refers=(), after=(), triggers=())
    others = {a: extension for a, extension in wanted.resources.items() if a != address}
    return evolve(wanted, resources={address: free, **others})


def new_secret(wanted: Wanted, random: Random) -> Wanted:
    return evolve(wanted, secret=f"top-secret-{random.randint(1, 10**6)}")


EDITS: tuple[Edit, ...] = (
    *(add, add, remove, rename, rename, rewire, reorder, new_secret),
    _changing(lambda extension, random: evolve(extension, name=random.choice(NAMES))),
    _changing(lambda extension, random: evolve(extension, text=random.choice((None, *TEXTS)))),
    _changing(lambda extension, random: evolve(extension, first=not extension.first)),
    _changing(_ignoring),
    *map(_changing, (_version, _type, _type, _content, _content, _secret)),
)


def all_created_first(wanted: Wanted) -> Wanted:
    """What planner advises where the changes wait for each other in a circle."""
    resources = {a: e if e.looped else evolve(e, first=True) for a, e in wanted.resources.items()}
    return evolve(wanted, resources=resources)


def unguarded(wanted: Wanted) -> Wanted:
    resources = {a: evolve(e, guarded=False) for a, e in wanted.resources.items()}
    return evolve(wanted, resources=resources)


def heeding(wanted: Wanted) -> Wanted:
    """Nothing is ignored: a secret that is left as it is cannot be sent again."""
    resources = {a: evolve(e, ignores=()) for a, e in wanted.resources.items()}
    return evolve(wanted, resources=resources)
