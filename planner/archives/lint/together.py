"""Archives that one deployment loads together: what is wrong with them beside each other.

What they hold comes from their manifests; nothing is read here. A finding's member is the archive's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from planner.archives.descriptor import STABLE
from planner.archives.inspection import Descriptor
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule

_BUNDLES: Final = "https://www.elastic.co/guide/en/cloud/current/ec-custom-bundles.html"
_LOADER: Final = (
    "https://github.com/elastic/elasticsearch/blob/v8.15.3/server/src/main/java/org/elasticsearch/plugins"
    "/PluginsUtils.java"
)
JVM_TRUST_STORE: Final = "cacerts"
_NUMBERS: Final = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)")

SAME_PATH: Final = Rule(
    "together-same-path",
    WARNING,
    "holds a file that another bundle has with other content",
    "Bundles are unpacked into one folder, in no order that is promised: either file may be the one there.",
    "Rename one of the files, or leave it out.",
    _BUNDLES,
)
TRUST_STORES: Final = Rule(
    "together-trust-stores",
    WARNING,
    "has a trust store for Java, and another one is there",
    "A cluster has one: cacerts at the root of a bundle, or the file that jvm_trust_store names.",
    "Put all certificates into one trust store.",
    _BUNDLES,
)
VERSION: Final = Rule(
    "together-plugin-version",
    ERROR,
    "does not run on the deployment's version",
    "A classic plugin runs on exactly the version that it was built for; a stable one on the same major "
    "version, from that one upwards. A node with another does not start.",
    "Give the plugin that is built for the deployment's version.",
    f"{_LOADER}#L81",
)

Bundles = Mapping[str, Mapping[str, str]]
"""The members of each bundle, by its name: path -> sha256."""


def same_paths(bundles: Bundles) -> Iterator[Finding]:
    """Each path that a later bundle has with other content. What is the same may be there twice; of trust
    stores there is a rule of its own."""
    first: dict[str, str] = {}
    for name, members in bundles.items():
        for path, sha256 in sorted(members.items()):
            other = first.setdefault(path, name)
            if bundles[other][path] != sha256 and path != JVM_TRUST_STORE:
                yield SAME_PATH.at(member=name, sentence=f"{SAME_PATH.sentence}: {path}, as in {other}")


def trust_stores(bundles: Bundles, named: str | None = None) -> Iterator[Finding]:
    """Each trust store after the first. named: the file that the cluster's jvm_trust_store names."""
    paths = {JVM_TRUST_STORE: None, named: None}
    stores = [(name, path) for name, members in bundles.items() for path in paths if path in members]
    for name, path in stores[1:]:
        at, known = stores[0]
        yield TRUST_STORES.at(member=name, sentence=f"{TRUST_STORES.sentence}: {path}, and {known} in {at}")


def runs_on(plugin: str, descriptor: Descriptor, version: str) -> Iterator[Finding]:
    """version: of the deployment, as 8.15.3. A descriptor without one is for the rules of plugins."""
    made_for = descriptor.version
    if made_for is None or made_for == version:
        return
    if descriptor.place != STABLE or not _goes_on(made_for, version):
        yield VERSION.at(member=plugin, sentence=f"{VERSION.sentence}: it is for {made_for}, not {version}")


def _goes_on(made_for: str, version: str) -> bool:
    """Whether version has what the stable API of made_for is."""
    built, there = _NUMBERS.fullmatch(made_for), _NUMBERS.fullmatch(version)
    if built is None or there is None:
        return False
    least, given = [*map(int, built.groups())], [*map(int, there.groups())]
    return least[0] == given[0] and least <= given
