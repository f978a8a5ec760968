"""The layout of a bundle: its files land in the configuration folder of Elasticsearch, with their paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from planner.archives.lint.family import Family
from planner.archives.lint.tree import Tree
from planner.model.diagnostic import WARNING
from planner.model.lint import Finding, Rule
from planner.model.project import is_hidden_path

_BUNDLES: Final = "https://www.elastic.co/guide/en/cloud/current/ec-custom-bundles.html"
_CONFIGURATION: Final = "https://www.elastic.co/guide/en/elasticsearch/reference/8.15/settings.html"
_BREAKING: Final = (
    "https://www.elastic.co/guide/en/elasticsearch/reference/6.0/breaking_60_scripting_changes.html"
)
KNOWN: Final = frozenset(
    {"analysis", "dictionaries", "scripts", "hunspell", "ingest-geoip", "saml", "truststore"}
)

TOO_DEEP: Final = Rule(
    "bundle-too-deep",
    WARNING,
    "has all its files in one folder that Elasticsearch does not know",
    "A folder that was archived with its files puts each of them one level too deep: "
    "dictionaries/words.txt is then looked for in vain.",
    "Archive what is in the folder, without it, so that these come first: "
    f"{', '.join(sorted(KNOWN - {'scripts'}))}.",
    _BUNDLES,
)
DESKTOP: Final = Rule(
    "bundle-desktop-files",
    WARNING,
    "was left behind by a desktop",
    "It is no part of the bundle, and lands in the configuration folder of every node.",
    "Build the archive without it: `zip -r bundle.zip . -x '__MACOSX/*' -x '*.DS_Store'`.",
    _BUNDLES,
)
HIDDEN: Final = Rule(
    "bundle-hidden",
    WARNING,
    "is hidden",
    "Hidden files are often credentials or left-overs, and a folder of files is archived without them.",
    "Build the archive without it, unless it belongs in it.",
    _BUNDLES,
)
PLATFORM: Final = Rule(
    "bundle-platform-settings",
    WARNING,
    "is a file that the platform writes itself",
    "Settings of a node come from the deployment; this file is overwritten, or keeps the node from starting.",
    "Put settings into the deployment's plan instead (user_settings_yaml).",
    _CONFIGURATION,
)
SCRIPTS: Final = Rule(
    "bundle-file-script",
    WARNING,
    "is a file script, which Elasticsearch 6.0 and later do not read",
    "File scripts were removed in 6.0: the file has no effect.",
    "Store the script in the cluster (`PUT _scripts/NAME`).",
    _BREAKING,
)

_DESKTOP: Final = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
_PLATFORM: Final = re.compile(
    r"(?:elasticsearch\.(?:yml|keystore)|jvm\.options(?:\.d/.*)?|log4j2\.properties)$"
)


def _is_desktop(name: str) -> bool:
    return _DESKTOP.search(name) is not None


BY_NAME: Final[tuple[tuple[Rule, Callable[[str], object]], ...]] = (
    (DESKTOP, _is_desktop),
    (HIDDEN, lambda name: is_hidden_path(name.split("/")) and not _is_desktop(name)),
    (PLATFORM, _PLATFORM.match),
    (SCRIPTS, lambda name: name.startswith("scripts/")),
)


def look_over(tree: Tree) -> Iterator[Finding]:
    own = [name for name in tree.names if not _is_desktop(name)]
    tops = {name.partition("/")[0] if "/" in name else "" for name in own}
    if len(tops) == 1 and not tops & (KNOWN | {""}):
        yield TOO_DEEP.at(sentence=f"{TOO_DEEP.sentence}: {tops.pop()}/")
    for rule, breaks in BY_NAME:
        yield from (rule.at(member=name) for name in tree.names if breaks(name))


FAMILY: Final = Family(
    "bundle", "a bundle", (TOO_DEEP, DESKTOP, HIDDEN, PLATFORM, SCRIPTS), look_over=look_over
)
