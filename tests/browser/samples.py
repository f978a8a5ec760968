"""Previews to be looked at: a usual one, a hostile one, and very large ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from planner.model.address import Address
from planner.model.chain import Standing
from planner.model.members import ContentChange, LineChange, Member, MemberChange, MemberText
from planner.model.plan import (
    Action,
    AttributeDiff,
    Change,
    CheckResult,
    Drift,
    LeftOut,
    OutputChange,
    Plan,
)
from planner.model.preview import REMOVED, EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.model.resource import Content
from planner.model.value import UNKNOWN, Deferred, Fingerprint, Reference, Secret, Value

SECRET: Final = "correct-horse-battery"
SYNONYMS = Address("extension", "synonyms")
STOPWORDS = Address("extension", "stopwords_de")
ICU = Address("extension", "icu")
SHOP = Address("deployment", "shop")
OFFICE = Address("traffic_filter", "office")
RULES = Address("deployment_template", "shop")
READER = Address("user", "reader")

BEFORE_RULES = """\
analysis:
  filter:
    shop_synonyms:
      type: synonym_graph
      synonyms_path: dictionaries/en.txt
      updateable: true
    shop_stop:
      type: stop
      stopwords_path: dictionaries/stop.txt
  analyzer:
    shop:
      tokenizer: standard
      filter: [lowercase]
"""
AFTER_RULES = BEFORE_RULES.replace(
    "[lowercase]", "[lowercase, shop_synonyms]\n      char_filter: [html_strip]"
)


def plan(environment: str, *changes: Change, **more: Any) -> Plan:
    return Plan("search-extensions", environment, "normal", "l", 3, "d", changes=changes, **more)


def _declared(prefix: str, version: str) -> Mapping[str, Value]:
    return {
        "name": f"{prefix}-search-synonyms",
        "extension_type": "bundle",
        "version": version,
        "description": "Synonyms of the shop",
        "id": "4013376551",
        "url": "repo://4013376551",
    }


def synonyms(prefix: str, version: str, users: int) -> Change:
    """An update of a version and a file."""
    before = _declared(prefix, version)
    origin = (f"var.bundle_version, environments/{prefix}.yaml:3",)
    return Change(
        SYNONYMS,
        Action.UPDATE,
        "the archive changed",
        id="4013376551",
        before=before,
        after={**before, "version": "8.16.*"},
        diffs=(AttributeDiff(("version",), version, "8.16.*", origins=origin),),
        content=Content("files/synonyms", "1a2b3c4d" + "0" * 56, 12_345),
        content_before="9f8e7d6c" + "0" * 56,
        used_by=tuple(f"{number:032x}" for number in range(0xABC0, 0xABC0 + users)),
    )


def words(path: str, *texts: str) -> ContentChange:
    """What changes in the archive: a file comes, and of another one the texts go and come in turns."""
    lines = tuple(LineChange("-+"[n % 2], text, ((0, len(text) // 2),)) for n, text in enumerate(texts))
    files = (
        MemberChange("create", f"{path}-new", desired=Member(f"{path}-new", 12, "ab" * 32)),
        MemberChange("update", path, text=MemberText(1, 1, lines, left_out=7, reason=texts[0])),
    )
    return ContentChange(SYNONYMS, files, left_out=2, reason=texts[0])


STOPWORDS_CREATED = Change(
    STOPWORDS,
    Action.CREATE,
    "it is not in the state",
    after={
        "name": "search-stopwords-de",
        "extension_type": "bundle",
        "version": "8.16.*",
        "description": "German stop words, kept by the search team and reviewed every month; ask in #search "
        "before you change them.",
        "id": UNKNOWN,
        "url": Deferred((Reference(STOPWORDS, ("url",)),)),
        "token": Secret(SECRET),
    },
    content=Content("files/stopwords_de", "77aa55cc" + "0" * 56, 4_321),
    dependencies=(SYNONYMS,),
)
FILTER_CREATED = Change(
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
        "motd": "Welcome to the shop.\nClosed on Sundays.",
    },
)
ICU_REPLACED = Change(
    ICU,
    Action.REPLACE,
    "extension_type cannot be changed",
    id="88",
    before={"name": "icu", "version": "8.15.1", "extension_type": "bundle", "id": "88", "url": "repo://88"},
    after={"name": "icu", "version": "8.15.1", "extension_type": "plugin", "id": UNKNOWN, "url": UNKNOWN},
    diffs=(AttributeDiff(("extension_type",), "bundle", "plugin", forces_replacement=True),),
    content=Content("files/analysis-icu-8.15.1.zip", "55" * 32, 14_000_000),
    used_by=("shop", "warehouse"),
)
LEGACY_DELETED = Change(
    Address("extension", "legacy"),
    Action.DELETE,
    "it is no longer declared",
    id="17",
    before={"name": "legacy-synonyms", "extension_type": "bundle", "version": "7.*", "id": "17"},
    content_before="ab" * 32,
)
RULES_UPDATED = Change(
    RULES,
    Action.UPDATE,
    "",
    id="t-1",
    after={"name": "shop", "settings": "", "labels": {}, "sources": [], "zones": 2},
    diffs=(
        AttributeDiff(("settings",), BEFORE_RULES, AFTER_RULES),
        AttributeDiff(
            ("labels",), {"team": "search", "tier": 1, "same": True}, {"team": "shop", "same": True, "x": []}
        ),
        AttributeDiff(
            ("sources",),
            [f"10.{number}.0.0/16" for number in range(8)],
            [f"10.{number}.0.0/16" for number in range(2, 8)] + ["10.99.0.0/16"],
        ),
        AttributeDiff(("zones",), 2, 3, origins=("var.zones, planner.yaml:8",)),
    ),
    dependencies=(ICU, SYNONYMS),
)
READER_UPDATED = Change(
    READER,
    Action.UPDATE,
    "",
    id="reader",
    after={"email": "", "password": ""},
    diffs=(
        AttributeDiff(("password",), Fingerprint("00" * 16, "11" * 32), Secret(SECRET)),
        AttributeDiff(("token",), SECRET, SECRET + "2", sensitive=True),
    ),
    dependencies=(RULES,),
)
SHOP_UPDATED = Change(
    SHOP,
    Action.UPDATE,
    "",
    id="d-1",
    after={"name": "shop", "plan": {}},
    diffs=(
        AttributeDiff(
            ("plan", "elasticsearch", "user_settings_yaml"),
            "action.auto_create_index: true",
            "action.auto_create_index: false",
        ),
    ),
    dependencies=(SYNONYMS, STOPWORDS, ICU, Address("deployment_template", "base")),
)
DRIFTED = Drift(
    Address("extension", "warehouse"),
    "4013376552",
    diffs=(AttributeDiff(("description",), "Synonyms of the warehouse", "edited by hand"),),
)

DEV = plan("dev", synonyms("dev", "8.15.*", 1), STOPWORDS_CREATED)
STAGING = plan("staging", synonyms("staging", "8.15.*", 2), STOPWORDS_CREATED, RULES_UPDATED)
PROD = plan(
    "prod",
    LEGACY_DELETED,
    ICU_REPLACED,
    synonyms("prod", "8.14.*", 12),
    STOPWORDS_CREATED,
    FILTER_CREATED,
    RULES_UPDATED,
    READER_UPDATED,
    SHOP_UPDATED,
    Change(Address("role", "editor"), Action.MOVE, "", id="r", moved_from=Address("role", "writer")),
    drift=(DRIFTED, Drift(Address("role", "guest"), "g", gone=True)),
    outputs=(
        OutputChange("synonyms_url", None, Deferred((Reference(STOPWORDS, ("url",)),))),
        OutputChange("languages", ["de", "en"], ["de", "en", "fr"]),
    ),
    notes=("The version of extension.icu moved while nothing else did.",),
    left_out=(LeftOut(Address("role", "auditor"), Action.CREATE, "it depends on user.auditor"),),
    checks=(
        CheckResult("smoke", "unknown", "the shop answers", "error"),
        CheckResult("quota", "failed", "20 zones are left, 24 are wanted", "warning"),
        CheckResult("names", "passed", "", "error"),
    ),
    unchanged=41,
    contents=(words("dictionaries/products.txt", "laptop, notebook", "laptop, portable computer"),),
)
USUAL = Preview(
    "search-extensions",
    "3f9c1ab2d4e5f60718293a4b5c6d7e8f90a1b2c3",
    "b7d04e11c2a3948576f0e1d2c3b4a5968778695a",
    (
        EnvironmentPreview(
            "dev", ("templates/extensions.yaml", "files/synonyms"), DEV, "sha256:" + "1f" * 32
        ),
        EnvironmentPreview(
            "staging",
            ("templates/extensions.yaml", "files/synonyms"),
            STAGING,
            "sha256:" + "2e" * 32,
            gates=(Gate("promoted from dev", False, "release 14 is not in dev yet"),),
            on_merge="applied by CI once its gates are met",
        ),
        EnvironmentPreview(
            "prod",
            ("templates/extensions.yaml", "var.bundle_version", "files/synonyms"),
            PROD,
            "sha256:" + "3d" * 32,
            protected=True,
            gates=(
                Gate("soak 24h", False, "11h are left"),
                Gate("smoke", True, "passed on 3 October at 14:05 UTC"),
            ),
            on_merge="waits for approval",
        ),
        EnvironmentPreview(
            "dr",
            ("templates/extensions.yaml",),
            error="https://ece-dr.example:12443 did not answer within 30 s.",
            advice="See whether the installation is up; then run the preview again.",
        ),
        EnvironmentPreview(
            "attic",
            (REMOVED,),
            removed=True,
            cautions=("removed from `planner.yaml`; to delete it, run `planner destroy -e attic`.",),
        ),
    ),
    unaffected=("lab", "training"),
    reproduce="planner preview --base 3f9c1ab2d4e5 -e dev -e staging -e prod -e dr",
    chain=(
        Standing("dev", release="r-de3431ffed", since="2025-10-03T14:05:00Z"),
        Standing("staging", ("dev",), release="r-de3431ffed", since="2025-10-03T15:00:00Z", pending=2),
        Standing(
            "prod",
            ("staging",),
            protected=True,
            release="r-ee946bd9ba",
            since="2025-09-01T08:00:00Z",
            coming="r-de3431ffed",
            source="staging",
            gates=(Gate("soak", False, "r-de3431ffed soaked 3h of 24h in staging"), Gate("checks", True)),
        ),
    ),
)

HOSTILE_TEXTS: Final = (
    "</script><script>alert(1)</script>",
    "<!--<img src=x onerror=alert(2)>",
    "\"'><svg/onload=alert(3)>",
    "&lt;b&gt; &amp;",
    "]]>{{7*7}}${alert(4)} javascript:alert(5)",
)
CONTROLS: Final = "\x1b]0;title\x07 a\u202eb\u2066c\ud800\x00\x85\u2028"


def hostile() -> Preview:
    """Every text that comes from outside is one that would break out of a careless page."""
    one, two, three, four, five = HOSTILE_TEXTS
    change = Change(
        SYNONYMS,
        Action.UPDATE,
        one,
        id=two,
        after={},
        diffs=(
            AttributeDiff((three, one), two, one, origins=(one, CONTROLS)),
            AttributeDiff(("text",), f"{one}\n{two}\nsame", f"{one}\n{three}\nsame\n{CONTROLS}"),
            AttributeDiff(("list",), [one, {two: three}], [four, {five: one}, CONTROLS, four]),
            AttributeDiff(("controls",), CONTROLS, five),
        ),
        content=Content(one, "ab" * 32, 1),
        used_by=(one, two, three, four, CONTROLS),
    )
    created = Change(
        ICU, Action.CREATE, "", after={one: two, "map": {three: four}, "text": f"{one}\n{CONTROLS}"}
    )
    planned = plan(
        one,
        change,
        created,
        notes=(one, CONTROLS),
        outputs=(OutputChange(two, one, three),),
        checks=(CheckResult(one, "failed", two, three),),
        left_out=(LeftOut(ICU, Action.CREATE, one),),
        drift=(Drift(OFFICE, two, diffs=(AttributeDiff((one,), two, three),)),),
        contents=(words(one, *HOSTILE_TEXTS, CONTROLS),),
    )
    shown = EnvironmentPreview(
        one, HOSTILE_TEXTS, planned, five, gates=(Gate(one, False, two),), on_merge=three
    )
    again = evolve(shown, environment=two, plan=evolve(planned, environment=two))
    failed = EnvironmentPreview("broken", (one,), error=one, advice=two)
    chain = (
        Standing(one, release=two, since=three, drifted=(four,), problem=five),
        Standing(two, (one,), release=three, coming=one, source=one, gates=(Gate(one, True, forced=two),)),
    )
    return Preview(
        three, one, two, (shown, again, failed), (one, four), fallback=five, reproduce=one, chain=chain
    )


def unbroken() -> Preview:
    """Texts that have no place where a line could be broken."""
    text = "x" * 300
    change = evolve(
        synonyms("prod", text, 3),
        id=text,
        reason=text,
        diffs=(AttributeDiff((text,), text, [text, {text: text}], origins=(text,)),),
        used_by=(text,),
    )
    created = evolve(STOPWORDS_CREATED, address=Address("extension", text), after={text: text})
    gone, files = evolve(created, action=Action.DELETE), words(text, text, text)
    planned = plan(text, change, created, gone, notes=(text,), contents=(files,))
    gates = (Gate(text, False, text),)
    shown = EnvironmentPreview(text, (text,), planned, text, gates=gates, on_merge=text)
    failed = EnvironmentPreview("failed", error=text, advice=text)
    also = evolve(shown, environment="other")
    chain = (
        Standing(text, release=text, since=text, problem=text),
        Standing("other", (text,), release=text, coming=text, source=text, gates=gates),
    )
    return Preview(
        text, text, text, (shown, also, failed), (text,), fallback=text, reproduce=text, chain=chain
    )


def renamed(*environments: str) -> Preview:
    """The same resource in each of a chain of environments, by their own names and of other versions."""
    shown: list[EnvironmentPreview] = []
    chain: list[Standing] = []
    before: tuple[str, ...] = ()
    for number, name in enumerate(environments, 1):
        after: Mapping[str, Value] = {"name": f"{name}-words", "version": f"8.{number}"}
        created = Change(SYNONYMS, Action.CREATE, "", after=after)
        shown.append(EnvironmentPreview(name, plan=plan(name, created)))
        chain.append(Standing(name, before, release="r-de3431ffed", since="2025-10-03T14:05:00Z"))
        before = (name,)
    return Preview("words", "a" * 40, "b" * 40, tuple(shown), chain=tuple(chain))


def creates(count: int) -> Preview:
    """So many extensions that do not depend on each other, with eight attributes each."""
    changes = tuple(
        Change(
            Address("extension", f"synonyms_{number:05}"),
            Action.CREATE,
            "it is not in the state",
            after={
                "name": f"search-synonyms-{number}",
                "extension_type": "bundle",
                "version": "8.16.*",
                "description": f"Synonyms of the shop number {number}, kept by the search team",
                "download_url": f"https://files.example/synonyms/{number}.zip",
                "labels": {"team": "search", "number": number},
                "id": UNKNOWN,
                "url": UNKNOWN,
            },
        )
        for number in range(count)
    )
    return Preview(
        "large", "a" * 40, "b" * 40, (EnvironmentPreview("prod", ("all",), plan("prod", *changes)),)
    )
