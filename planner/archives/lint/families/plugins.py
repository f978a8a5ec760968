"""Plugins, classic and of the stable API: their descriptor, and how they are laid out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

from planner.archives.descriptor import (
    CLASSIC,
    DESCRIPTORS,
    FORMER_FOLDER,
    MADE_FOR,
    STABLE,
    Property,
    properties,
)
from planner.archives.lint.family import Family, Sign, Strength
from planner.archives.lint.lines import is_blank
from planner.archives.lint.tree import PLUGIN, File, Tree
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule, Unchecked

_AT: Final = "https://github.com/elastic/elasticsearch/blob"
_READER: Final = f"{_AT}/v8.15.3/server/src/main/java/org/elasticsearch/plugins/PluginDescriptor.java"
_FORMER_READER: Final = f"{_AT}/v7.17.0/server/src/main/java/org/elasticsearch/plugins/PluginInfo.java"
_LOADER: Final = f"{_AT}/v8.15.3/server/src/main/java/org/elasticsearch/plugins/PluginsUtils.java"
_INSTALLER: Final = (
    f"{_AT}/v8.15.3/distribution/tools/plugin-cli/src/main/java/org/elasticsearch/plugins/cli"
    "/InstallPluginAction.java"
)
_CLOUD: Final = "https://www.elastic.co/guide/en/cloud/current/ec-custom-bundles.html"

NO_DESCRIPTOR: Final = Rule(
    "plugins-no-descriptor",
    ERROR,
    "has no descriptor at its root",
    f"Elasticsearch looks for {CLASSIC} or {STABLE} in the plugin's folder, and does not start without.",
    "Archive its files without a folder around them, or set extension_type to bundle.",
    f"{_READER}#L233",
)
TWO_DESCRIPTORS: Final = Rule(
    "plugins-two-descriptors",
    ERROR,
    "has the descriptors of a classic and of a stable plugin",
    "Only one may exist: Elasticsearch does not start with both.",
    f"Keep {STABLE} where it is built with the stable API, else {CLASSIC}.",
    f"{_READER}#L229",
)
FORMER_LAYOUT: Final = Rule(
    "plugins-former-layout",
    ERROR,
    f"holds its files under {FORMER_FOLDER}",
    "Plugins were built so until Elasticsearch 6.3, which refuses to install them.",
    f"Archive what is in {FORMER_FOLDER}, without the folder.",
    _INSTALLER,
)
MISSING_KEY: Final = Rule(
    "plugins-missing-key",
    ERROR,
    "lacks a key",
    "Elasticsearch does not load a plugin whose descriptor lacks name, description, version, "
    f"{MADE_FOR} or java.version; that of a classic plugin needs classname, too.",
    "Add it to the descriptor. Build tools write descriptors whole.",
    f"{_READER}#L298",
)
UNKNOWN_KEY: Final = Rule(
    "plugins-unknown-key",
    ERROR,
    "has a key that does not belong in it",
    "Elasticsearch refuses a descriptor with a key that it does not read: also with one of another "
    "version, as type, which went in 8.4, or of the other sort of plugin.",
    "Take the line out.",
    f"{_READER}#L255",
)
NO_BOOLEAN: Final = Rule(
    "plugins-boolean",
    ERROR,
    "has neither true nor false where one of them has to be",
    "Elasticsearch takes has.native.controller, licensed and modular as `true`, `false`, or not at all.",
    "Write true or false, in small letters.",
    f"{_READER}#L324",
)
TYPE: Final = Rule(
    "plugins-type",
    ERROR,
    "has a type other than isolated and bootstrap",
    "Before 8.4 Elasticsearch read type, and took these two only.",
    "Take the line out, which is isolated.",
    f"{_FORMER_READER}#L271",
)
JAVA_OPTIONS: Final = Rule(
    "plugins-java-options",
    ERROR,
    "has java.opts, which is for plugins of type bootstrap",
    "Before 8.4 Elasticsearch read java.opts, and refused it where type was not bootstrap.",
    "Take the line out, and give the options to the nodes.",
    f"{_FORMER_READER}#L230",
)
NO_VERSION: Final = Rule(
    "plugins-elasticsearch-version",
    ERROR,
    f"has an {MADE_FOR} that is not three numbers, as 8.15.3",
    "A classic plugin runs on exactly this version, a stable one on the same major version, from this one "
    "upwards; Elasticsearch refuses what it cannot compare.",
    "Write the version that it was built for.",
    f"{_LOADER}#L98",
)
JAVA_VERSION: Final = Rule(
    "plugins-java-version",
    ERROR,
    "has a java.version that is none, as 17 or 1.8",
    "Elasticsearch refuses to load the plugin. Since 8.15 a version must not end with `.0`, either.",
    "Write the version of Java that it was built for: 17.",
    f"{_AT}/v8.15.3/libs/core/src/main/java/org/elasticsearch/jdk/JarHell.java#L277",
)
MALFORMED: Final = Rule(
    "plugins-malformed-escape",
    ERROR,
    "has a `\\u` without four hexadecimal digits",
    "Java's properties take `\\u` for the beginning of a character's number, also in a path of Windows, "
    "and Elasticsearch cannot load the descriptor.",
    "Write `\\\\` for a backslash.",
    f"{_READER}#L246",
)
NESTED: Final = Rule(
    "plugins-nested-folder",
    ERROR,
    "is in a folder below bin/ or config/, which may hold files only",
    "Elasticsearch refuses to install the plugin.",
    "Put the file into bin/ or config/ itself.",
    _INSTALLER,
)
SOURCE: Final = Rule(
    "plugins-java-source",
    WARNING,
    "is a source of Java",
    "Java reads compiled classes only, in .jar files, and the platform does not take plugins with sources in "
    "them.",
    "Build the plugin, and archive what the build made.",
    _CLOUD,
)
POLICY: Final = Rule(
    "plugins-security-policy",
    WARNING,
    "is a policy for Java's security manager",
    "Entitlements replace it since Elasticsearch 8.18; 9.0 and later do not read it.",
    "Add an entitlement-policy.yaml beside it.",
    "https://www.elastic.co/docs/extend/elasticsearch/creating-classic-plugins",
)

_ALWAYS: Final = ("name", "description", "version", MADE_FOR, "java.version")
_MAY_BE_EMPTY: Final = frozenset({"description", "version"})
_BOOLEANS: Final[Mapping[str, tuple[str, ...]]] = {
    CLASSIC: ("has.native.controller", "licensed"),
    STABLE: ("modular",),
}
_OF_CLASSIC: Final = ("classname", "modulename", "extended.plugins")
_UNTIL_8_4: Final = ("type", "java.opts")
_LONGEST: Final = 64 * 1024
_NUMBERS: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)
_EXACT: Final = re.compile(rf"{_NUMBERS.pattern}(?:-[\w.-]+)?", re.ASCII)
_JAVA: Final = re.compile(
    r"[1-9]\d*(?:(?:\.0)*\.[1-9]\d*)*(?:-[A-Za-z\d]+)?(?:\+(?:0|[1-9]\d*))?(?:-[\w.-]+)?", re.ASCII
)
_FORMER_JAVA: Final = re.compile(r"\d+(?:\.\d+)*(?:-[A-Za-z\d]+)?", re.ASCII)
_BELOW: Final = re.compile(r"(?:bin|config)/[^/]+/.")


def recognise(name: str, _start: bytes) -> Sign | None:
    return Sign(Strength.PLACE, "it is a descriptor at the root") if name in DESCRIPTORS else None


def look_over(tree: Tree) -> Iterator[Finding]:
    found = [name for name in tree.names if name in DESCRIPTORS]
    if any(name.startswith(FORMER_FOLDER) for name in tree.names):
        yield FORMER_LAYOUT.at()
    elif not found:
        deeper = next((name for name in tree.names if name.rpartition("/")[2] in DESCRIPTORS), None)
        where = f": it is {deeper}" if deeper else ""
        yield NO_DESCRIPTOR.at(sentence=f"{NO_DESCRIPTOR.sentence}{where}")
    if len(found) > 1:
        yield TWO_DESCRIPTORS.at()
    for rule, breaks in BY_NAME:
        yield from (rule.at(member=name) for name in tree.names if breaks(name))


BY_NAME: Final[tuple[tuple[Rule, Callable[[str], object]], ...]] = (
    (NESTED, _BELOW.match),
    (SOURCE, lambda name: name.endswith(".java")),
    (POLICY, lambda name: name == "plugin-security.policy"),
)


def check(file: File) -> Iterator[Finding | Unchecked]:
    if file.size > _LONGEST:
        yield Unchecked(file.name, f"it has more than {_LONGEST:,} bytes; its keys were not looked at")
        return
    with file.stream() as stream:
        found = list(properties(stream.read()))
    yield from (MALFORMED.at(item.line) for item in islice((item for item in found if item.malformed), 1))
    keys = {item.key: item for item in found}  # of equal keys the last counts
    yield from _missing(file.name, keys)
    yield from _unknown(file.name, keys)
    yield from _wrong(file.name, keys)


Keys = Mapping[str, Property]


def _value(keys: Keys, key: str) -> str:
    return keys[key].value if key in keys else ""


def _made_for(keys: Keys) -> tuple[int, ...]:
    """The version of Elasticsearch, as numbers; the latest where there are none."""
    found = _NUMBERS.match(_value(keys, MADE_FOR))
    return tuple(map(int, found.groups())) if found else (99,)


def _is_former(name: str, keys: Keys) -> bool:
    """Whether the versions that read it had types of plugins."""
    return name == CLASSIC and _made_for(keys) < (8, 4)


def _missing(name: str, keys: Keys) -> Iterator[Finding]:
    is_bootstrap = _is_former(name, keys) and _value(keys, "type").lower() == "bootstrap"
    needed = (*_ALWAYS, *(["classname"] if name == CLASSIC and not is_bootstrap else []))
    for key in needed:
        if key not in keys or not (key in _MAY_BE_EMPTY or not is_blank(keys[key].value)):
            yield MISSING_KEY.at(sentence=f"{MISSING_KEY.sentence}: {key}")


def _unknown(name: str, keys: Keys) -> Iterator[Finding]:
    """Elasticsearch 6 and before read others, and what runs them is not looked after here."""
    if _made_for(keys) < (7,):
        return
    known = {*_ALWAYS, *_BOOLEANS[name]}
    if name == CLASSIC:
        known |= {*_OF_CLASSIC, *(_UNTIL_8_4 if _is_former(name, keys) else ())}
    for key in (key for key in keys if key not in known):
        yield UNKNOWN_KEY.at(keys[key].line, sentence=f"{UNKNOWN_KEY.sentence}: {key}")


def _wrong(name: str, keys: Keys) -> Iterator[Finding]:
    for key in _BOOLEANS[name]:
        value = _value(keys, key)
        if not is_blank(value) and value not in ("true", "false"):
            yield NO_BOOLEAN.at(keys[key].line, sentence=f"{NO_BOOLEAN.sentence}: {key}")
    yield from _wrong_versions(name, keys)
    if _is_former(name, keys):
        type_ = _value(keys, "type").lower()
        if type_ not in ("", "isolated", "bootstrap"):
            yield TYPE.at(keys["type"].line)
        if _value(keys, "java.opts") and type_ != "bootstrap":
            yield JAVA_OPTIONS.at(keys["java.opts"].line)


def _wrong_versions(name: str, keys: Keys) -> Iterator[Finding]:
    built_for, java = _value(keys, MADE_FOR), _value(keys, "java.version")
    if not is_blank(built_for) and not (_NUMBERS if name == STABLE else _EXACT).fullmatch(built_for):
        yield NO_VERSION.at(keys[MADE_FOR].line)
    is_now = name == STABLE or _made_for(keys) >= (8, 15)
    if not is_blank(java) and not (_JAVA.fullmatch(java) or (not is_now and _FORMER_JAVA.fullmatch(java))):
        yield JAVA_VERSION.at(keys["java.version"].line)


FAMILY: Final = Family(
    "plugins",
    "a plugin's descriptor",
    (
        NO_DESCRIPTOR,
        TWO_DESCRIPTORS,
        FORMER_LAYOUT,
        MISSING_KEY,
        UNKNOWN_KEY,
        NO_BOOLEAN,
        TYPE,
        JAVA_OPTIONS,
        NO_VERSION,
        JAVA_VERSION,
        MALFORMED,
        NESTED,
        SOURCE,
        POLICY,
    ),
    recognise,
    check,
    look_over,
    PLUGIN,
)
