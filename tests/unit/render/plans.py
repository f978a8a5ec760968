"""The plans of the golden files: one for each thing a reader may meet."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from planner.model.address import Address
from planner.model.members import ContentChange, LineChange, Member, MemberChange, MemberText
from planner.model.plan import SETTLE, Action, AttributeDiff, Change, Drift, OutputChange, Plan, Rename
from planner.model.resource import Content, Mention, Prior, User
from planner.model.rollout import CHECK, LOOK, RESTARTED
from planner.model.value import UNKNOWN, Deferred, Fingerprint, Reference, Secret

from . import rollouts
from .rollouts import steps_of

SYNONYMS = Address("extension", "synonyms")
ICU = Address("extension", "icu")
OFFICE = Address("traffic_filter", "office")
FINGERPRINT = Fingerprint("00" * 16, "11" * 32)
ARCHIVE = Content("files/synonyms", "1a2b3c4d" + "0" * 56, 12_345)
OLD = "9f8e7d6c" + "0" * 56

LONG = (
    "Synonyms of the shop, kept by the search team and reviewed every week; ask in #search before you "
    "change them, and tell the people of the warehouse, who read them too."
)
LONGER = LONG.replace("every week", "every month").replace("warehouse", "warehouse and of the call centre")

EARLIER_RULES = """\
analysis:
  filter:
    shop_synonyms:
      type: synonym_graph
      synonyms_path: dictionaries/en.txt
  analyzer:
    shop:
      tokenizer: standard
      filter: [lowercase]
"""
LATER_RULES = EARLIER_RULES.replace(
    "[lowercase]", "[lowercase, shop_synonyms]\n      char_filter: [html_strip]"
)


def later(address: Address, name: str) -> Deferred:
    return Deferred((Reference(address, (name,)),))


def plan(*changes: Change, **more: object) -> Plan:
    return Plan("search-extensions", "staging", "normal", "l", 3, "d", changes=changes, **more)  # type: ignore[arg-type]


SYNONYMS_NOW = {
    "name": "staging-search-synonyms",
    "extension_type": "bundle",
    "version": "8.*",
    "description": "Synonyms of the shop",
    "id": "4013376551",
    "url": "repo://4013376551",
}

CREATE = Change(
    SYNONYMS,
    Action.CREATE,
    "it is not in the state",
    after={
        "name": "staging-search-synonyms",
        "extension_type": "bundle",
        "version": "8.*",
        "description": None,
        "id": later(SYNONYMS, "id"),
        "url": later(SYNONYMS, "url"),
    },
    content=ARCHIVE,
)
CREATE_FILTER = Change(
    OFFICE,
    Action.CREATE,
    "",
    after={
        "name": "office",
        "id": UNKNOWN,
        "include_by_default": False,
        "rules": [
            {"source": "10.0.0.0/8", "description": "office"},
            {"source": "192.168.17.0/24", "description": "The guests of the office in the second floor"},
        ],
        "labels": {"team": "search", "cost centre": 4711},
        "shared_secret": Secret("hunter2"),
    },
)
UPDATE = Change(
    SYNONYMS,
    Action.UPDATE,
    "",
    id="4013376551",
    before=SYNONYMS_NOW,
    after={**SYNONYMS_NOW, "version": "8.15.*", "description": "Synonyms of the new shop"},
    diffs=(
        AttributeDiff(("version",), "8.*", "8.15.*"),
        AttributeDiff(("description",), "Synonyms of the shop", "Synonyms of the new shop"),
    ),
)
LONG_UPDATE = Change(
    SYNONYMS,
    Action.UPDATE,
    "",
    id="4013376551",
    after={**SYNONYMS_NOW, "description": LONGER},
    diffs=(
        AttributeDiff(("description",), LONG, LONGER),
        AttributeDiff(("download_url",), None, "https://files.example/" + "synonyms/" * 12 + "en.zip"),
        AttributeDiff(("note",), "kept by hand", None),
    ),
)
CONTENT = Change(
    SYNONYMS,
    Action.UPDATE,
    "the archive changed",
    id="4013376551",
    after=SYNONYMS_NOW,
    content=ARCHIVE,
    content_before=OLD,
    used_by=("shop", "warehouse"),
)


def member(path: str, size: int, digit: str) -> Member:
    return Member(path, size, digit * 64)


PRODUCTS = MemberChange(
    "update",
    "dictionaries/products.txt",
    prior=member("dictionaries/products.txt", 61, "a"),
    desired=member("dictionaries/products.txt", 85, "b"),
)
FILES = ContentChange(
    SYNONYMS,
    (
        MemberChange("create", "dictionaries/new.txt", desired=member("dictionaries/new.txt", 4096, "c")),
        MemberChange("delete", "dictionaries/old.txt", prior=member("dictionaries/old.txt", 12, "d")),
        PRODUCTS,
        MemberChange(
            "move",
            "hunspell/de_DE/de_DE.dic",
            "hunspell/de.dic",
            member("hunspell/de.dic", 7, "e"),
            member("hunspell/de_DE/de_DE.dic", 7, "e"),
        ),
    ),
    left_out=3,
    reason="the lines are not at hand: no commit has what the installation holds",
)
WORDS = ContentChange(
    SYNONYMS,
    (
        evolve(
            PRODUCTS,
            text=MemberText(
                12,
                9,
                (
                    LineChange(" ", "sofa, couch"),
                    LineChange("-", "laptop, notebook", ((8, 16),)),
                    LineChange("-", "mobile\t=> phone"),
                    LineChange("+", "laptop, portable computer", ((8, 25),)),
                    LineChange(" ", ", ".join(["another word for it"] * 7)),
                    LineChange("+", "\u202eedoc lateral \x1b[2J, <b>bold</b> & `ticks`", ((1, 5), (14, 16))),
                ),
                left_out=18,
            ),
        ),
        MemberChange(
            "update",
            "saml/key.pem",
            prior=member("saml/key.pem", 1704, "a"),
            desired=member("saml/key.pem", 1704, "b"),
            text=MemberText(reason="it holds a key"),
        ),
    ),
)
USED = Change(
    SYNONYMS,
    Action.UPDATE,
    "",
    id="4013376551",
    after=SYNONYMS_NOW,
    diffs=(AttributeDiff(("version",), "8.*", "9.*"),),
    used_by=tuple(f"{number:032x}" for number in range(0xABC0, 0xABCC)),
)
IN_PLAN = Mention("repo://4013376551", "bundle", "8.*", without=("warm", "cold"))
IN_WARM = Mention("repo://4013376551", "bundle", "8.*", element="warm")
USED_BY_NAME = evolve(
    USED,
    users=(
        User(USED.used_by[0], "shop", "8.15.3", places=(IN_PLAN, IN_WARM)),
        User(USED.used_by[1], "shop", "8.14.0", places=(evolve(IN_PLAN, without=(), pending=True),)),
        User(USED.used_by[2], "warehouse"),
    ),
)
REPLACE = Change(
    ICU,
    Action.REPLACE,
    "extension_type cannot be changed",
    id="88",
    after={
        "name": "icu",
        "version": "8.15.1",
        "extension_type": "plugin",
        "id": UNKNOWN,
        "url": later(ICU, "url"),
    },
    before={"name": "icu", "version": "8.15.1", "extension_type": "bundle", "id": "88", "url": "repo://88"},
    diffs=(AttributeDiff(("extension_type",), "bundle", "plugin", forces_replacement=True),),
    content=Content("files/analysis-icu-8.15.1.zip", OLD, 14_000_000),
)
DELETE = Change(
    SYNONYMS,
    Action.DELETE,
    "it is no longer declared",
    id="4013376551",
    before={**SYNONYMS_NOW, "description": LONG * 3},
    content_before=OLD,
)
RULES = Change(
    OFFICE,
    Action.UPDATE,
    "",
    id="f00",
    after={"name": "office", "rules": [], "labels": {}, "ports": [], "region": "eu"},
    diffs=(
        AttributeDiff(("rules", 0, "source"), "10.0.0.0/8", "10.1.0.0/16"),
        AttributeDiff(
            ("labels",),
            {"team": "search", "tier": 1, "same": True},
            {"team": "shop", "same": True, "zone": None, "x": []},
        ),
        AttributeDiff(("ports",), [80, 443], [80, 443, 8443]),
        AttributeDiff(
            ("sources",),
            [f"10.{number}.0.0/16" for number in range(8)]
            + [{"source": "10.99.0.0/16", "description": "old"}],
            [f"10.{number}.0.0/16" for number in range(2, 8)]
            + [
                {"source": "10.99.0.0/16", "description": "A far longer description of the same"},
                later(ICU, "cidr"),
            ],
        ),
        AttributeDiff(("mode",), "all", {"include": ["a"], "exclude": []}),
    ),
)
MULTILINE = Change(
    Address("deployment_template", "shop"),
    Action.UPDATE,
    "",
    id="t-1",
    after={"name": "shop", "settings": "", "motd": ""},
    diffs=(
        AttributeDiff(("settings",), EARLIER_RULES, LATER_RULES),
        AttributeDiff(("motd",), None, "Welcome to the shop.\nClosed on \x1b[31mSundays\x1b[0m."),
        AttributeDiff(("footer",), "one\ntwo", "one\ntwo\n"),
    ),
)
SENSITIVE = Change(
    Address("user", "reader"),
    Action.UPDATE,
    "",
    id="reader",
    after={"email": "", "password": FINGERPRINT, "token": ""},
    diffs=(
        AttributeDiff(("password",), FINGERPRINT, Secret("hunter2")),
        AttributeDiff(("token",), "plain", "still plain", sensitive=True),
        AttributeDiff(("security", "keys"), ["a", Secret("b")], ["a", Secret("c"), "d", "e"]),
    ),
)
OUTPUTS = (
    OutputChange("synonyms_url", None, later(SYNONYMS, "url")),
    OutputChange("languages", ["de", "en"], ["de", "en", "fr"]),
    OutputChange("owner", "search team", None),
    OutputChange("token", FINGERPRINT, Secret("x"), sensitive=True),
)
DRIFT = (
    Drift(
        SYNONYMS,
        "4013376551",
        diffs=(AttributeDiff(("description",), "Synonyms of the shop", "edited by hand"),),
    ),
    Drift(ICU, "88", gone=True),
)


def renamed(*pairs: tuple[str, str]) -> tuple[Rename, ...]:
    """Each pair of names, several of them with spaces between them."""
    sides = ((tuple(Address("extension", n) for n in side.split()) for side in pair) for pair in pairs)
    return tuple(Rename(*side) for side in sides)


LANGUAGES = ("ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga")
RENAMES = (
    *renamed(("synonyms", "words"), ("a b", "c d")),
    *renamed(*((f"stopwords_{key}", f"stop_{key}_words") for key in LANGUAGES)),
    *renamed(*((f"part{number}", f"part_{number}") for number in range(1, 13))),
)
HOSTILE = Change(
    SYNONYMS,
    Action.UPDATE,
    "asked for\nby \x1b]0;title\x07 --replace",
    id="1\x1b[2J",
    after={},
    diffs=(AttributeDiff(("na\x1b[2Jme",), 'say "hi"\\\u202e', "\x00\x9b\ud800\U000e0001 日本語"),),
    used_by=("\x1b[31m", "other"),
    users=(User("\x1b[31m", "\x1b]0;name\x07", "\x9b8", places=(evolve(IN_WARM, element="\u202ewarm"),)),),
)
MOVED_BINDING = Change(
    Address("extension_binding", "shop_canary_1"),
    Action.UPDATE,
    "extension.synonyms is another one",
    id="canary",
    after={"extensions": []},
    diffs=(AttributeDiff(("extensions", 0, "url"), "repo://4013376551", later(SYNONYMS, "url")),),
)

PLANS: Mapping[str, Plan] = {
    "rollout": plan(
        CONTENT,
        MOVED_BINDING,
        rollouts=(rollouts.SEARCH,),
        steps=steps_of(rollouts.SEARCH, LOOK, "update", SETTLE, CHECK),
    ),
    "rollout_held": plan(rollouts=(evolve(rollouts.SEARCH, held=rollouts.FAILURE),)),
    "rollout_hostile": plan(rollouts=(rollouts.HOSTILE,)),
    "rollouts": plan(
        CONTENT,
        *(
            Change(member.address, Action.RESTART, "extension.icu has new content", id=member.id)
            for member in rollouts.RESTARTS.members
        ),
        rollouts=(rollouts.RESTARTS, rollouts.STAYS),
        steps=steps_of(rollouts.RESTARTS, LOOK, RESTARTED, SETTLE, CHECK),
        asked=False,
    ),
    "create": plan(CREATE, CREATE_FILTER),
    "update": plan(UPDATE),
    "update_long": plan(LONG_UPDATE),
    "update_content": plan(CONTENT),
    "update_files": plan(CONTENT, contents=(FILES,)),
    "update_words": plan(CONTENT, contents=(WORDS,)),
    "used_by": plan(USED),
    "used_by_name": plan(USED_BY_NAME),
    "replace": plan(
        REPLACE, Change(ICU, Action.REPLACE, "asked for with --replace", id="88", create_before_destroy=True)
    ),
    "delete": plan(
        DELETE,
        Change(
            ICU,
            Action.DELETE,
            "it is left over from a replacement",
            id="88",
            before={"name": "icu"},
            deposed=True,
        ),
    ),
    "renamed": plan(DELETE, evolve(CREATE, address=Address("extension", "words")), renames=RENAMES),
    "nested": plan(RULES),
    "multiline": plan(MULTILINE),
    "sensitive": plan(SENSITIVE),
    "drift": plan(UPDATE, drift=DRIFT),
    "drift_only": plan(drift=DRIFT, refreshed=(Prior(SYNONYMS, "4013376551", {}),)),
    "outputs": plan(
        outputs=OUTPUTS, notes=("The version of extension.icu moved while nothing else did.", LONG)
    ),
    "state_only": plan(
        Change(SYNONYMS, Action.MOVE, "", id="1", moved_from=Address("extension", "old")),
        Change(ICU, Action.IMPORT, "", id="88", imported=True),
        Change(OFFICE, Action.FORGET, "", id="f00"),
    ),
    "no_changes": plan(unchanged=12),
    "hostile": plan(HOSTILE),
    "everything": plan(CREATE, UPDATE, REPLACE, RULES, DELETE, drift=DRIFT, outputs=OUTPUTS),
}
