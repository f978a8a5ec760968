"""The previews of the golden files: one for each thing a reviewer may meet."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve

from planner.forge.registry import KINDS
from planner.model.address import Address
from planner.model.plan import Action, AttributeDiff, Change, CheckResult, Drift, LeftOut, Plan
from planner.model.preview import NEW, REMOVED, EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.model.value import UNKNOWN, Fingerprint, Secret, Value
from planner.render.markdown import CommentForm

from . import plans, rollouts
from .plans import DRIFT, ICU, OFFICE, OUTPUTS, SYNONYMS, plan

BASE = "5d1f0c2ab97e6f1d3c4b5a69788796a5b4c3d2e1"
HEAD = "8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b"
DIGEST = "sha256:" + "3b7e" * 16
REPRODUCE = "planner preview --base 5d1f0c2 --format markdown"
WHY = ("templates/extensions.yaml", "var.bundle_version")

HOSTILE_TEXTS = (
    "a | b \\| c\\",
    "``` ````` ~~~",
    "`",
    "<script>alert(1)</script></details><!-- planner v1 -->",
    "[click](https://evil.example) ![x](y) www.evil.example",
    "@everyone thanks #123, org/repo#4 !5 ~bug :boom: deadbeefdeadbeef",
    "/close\n/approve",
    "\x1b[31mred\x1b[0m \u202eevil\u2066 \x00\r\n| x |",
    "# heading\n- item\n> quote\n---\n***",
    "$x^2$ **bold** _it_ &amp; &#64;you",
    " ",
    "",
)


def form_for(forge: str, *, limit: int, marker: str = "", files: bool = False) -> CommentForm:
    return CommentForm(limit, marker, files=files, dialect=KINDS[forge].facts.dialect)


TEMPLATE = Address("deployment_template", "shop")
OTHERS = (
    Change(Address("extension", "new"), Action.MOVE, "", id="1", moved_from=Address("extension", "old")),
    Change(Address("extension", "seen"), Action.IMPORT, "", id="77", imported=True),
    Change(Address("traffic_filter", "home"), Action.FORGET, "", id="f00"),
)
SWAPPED = Change(
    Address("extension", "swapped"),
    Action.REPLACE,
    "asked for with --replace",
    id="89",
    create_before_destroy=True,
)
LEFT_OVER = Change(
    ICU, Action.DELETE, "it is left over from a replacement", id="90", before={"name": "icu"}, deposed=True
)
CHECKS = (
    CheckResult("bundle_is_small", "failed", "The bundle has 104 MB; 100 MB are allowed.", "error"),
    CheckResult("shop_answers", "unknown", "", "warning"),
    CheckResult("names", "passed", "", "error"),
)
GATES = (Gate("soak", False, "19 h of 24 h"), Gate("smoke", True, "run 4711"))


def preview(*environments: EnvironmentPreview, **more: object) -> Preview:
    given = {"environments": environments, "reproduce": REPRODUCE, **more}
    return Preview("search-extensions", BASE, HEAD, **given)  # type: ignore[arg-type]


def planned(
    environment: str, *changes: Change, why: tuple[str, ...] = WHY, **more: object
) -> EnvironmentPreview:
    """An environment with a plan of these changes. more: of the plan."""
    made = evolve(plan(*changes, **more), environment=environment)
    return EnvironmentPreview(environment, why, made, DIGEST)


def updated(number: int) -> Change:
    """The update of one extension, with an id of its own."""
    return evolve(plans.UPDATE, id=f"40133765{number}", dependencies=(TEMPLATE,))


def created(number: int) -> Change:
    values: dict[str, Value] = {
        "name": f"e{number}",
        "extension_type": "bundle",
        "version": "8.*",
        "id": UNKNOWN,
    }
    return Change(Address("extension", f"e{number}"), Action.CREATE, "", after=values)


def deleted(number: int) -> Change:
    address = Address("extension", f"stopwords_{number}")
    return Change(address, Action.DELETE, "", id=f"{4013376000 + number}", before={"name": f"e{number}"})


def _everything() -> Preview:
    changes = (
        plans.CREATE,
        evolve(plans.CREATE_FILTER, dependencies=(SYNONYMS,)),
        evolve(plans.USED, address=Address("extension", "used"), dependencies=(TEMPLATE,)),
        plans.MULTILINE,
        plans.SENSITIVE,
        plans.REPLACE,
        SWAPPED,
        evolve(plans.DELETE, address=Address("extension", "stopwords")),
        LEFT_OVER,
        *OTHERS,
    )
    notes = ("The version of extension.icu moved while nothing else did.", "one note in plain words")
    item = planned("prod", *changes, drift=DRIFT, outputs=OUTPUTS, checks=CHECKS, notes=notes)
    item = evolve(item, protected=True, gates=GATES, on_merge="applied after approval")
    others = {"unaffected": ("staging", "qa"), "target": "main", "ahead": 2, "folder": "search"}
    return preview(item, planned("dev", plans.CREATE), **others)


FAILED = EnvironmentPreview(
    "prod",
    WHY,
    error="The cluster ece.example:12443 refused the key.\nHTTP 401 root.unauthenticated",
    advice="Set EC_API_KEY_PROD to a key that may read.",
    protected=True,
)


MOVED_STATE = (
    "its state moves from `state/dev.json` to `state/other.json`. Unless it is copied there (`planner state "
    "migrate`), everything is created again."
)
TAKEN_OUT = "removed from `planner.yaml`. To delete it, run `planner destroy -e qa`."
BROKEN = 'templates/extensions.yaml:4: "langage" is not defined\n  Did you mean "language"?'
PROTECTED = "templates/extensions.yaml:9: extension.synonyms must not be destroyed\n  Keep its block."


def _rolled_out() -> Preview:
    """More roll-outs than anybody has, of which one is held back."""
    held, *others = (evolve(rollouts.SEARCH, name=f"search_{number}") for number in range(30))
    return preview(
        planned("dev", plans.CONTENT, rollouts=(rollouts.RESTARTS, rollouts.STAYS), asked=False),
        planned("prod", plans.CONTENT, rollouts=(evolve(held, held=rollouts.FAILURE), *others)),
        planned("qa", plans.DELETE, rollouts=(rollouts.HOSTILE,)),
    )


def _hostile() -> Preview:
    every = "\n".join(HOSTILE_TEXTS)
    values = {text: text for text in HOSTILE_TEXTS}
    change = Change(
        SYNONYMS,
        Action.UPDATE,
        every,
        id=HOSTILE_TEXTS[0],
        after=values,
        diffs=tuple(AttributeDiff((text,), text[::-1], text, origins=(text,)) for text in HOSTILE_TEXTS),
        used_by=HOSTILE_TEXTS,
    )
    gone = [
        Change(Address("extension", f"x{i}"), Action.DELETE, t, id=t) for i, t in enumerate(HOSTILE_TEXTS)
    ]
    made = planned(
        HOSTILE_TEXTS[0],
        change,
        *gone,
        evolve(plans.CREATE, content=evolve(plans.ARCHIVE, source=HOSTILE_TEXTS[3])),
        why=HOSTILE_TEXTS,
        drift=(Drift(ICU, HOSTILE_TEXTS[3], diffs=change.diffs),),
        notes=(*HOSTILE_TEXTS, every),
        checks=tuple(CheckResult(text, "failed", text, text) for text in HOSTILE_TEXTS),
    )
    made = evolve(
        made,
        gates=tuple(Gate(text, False, text) for text in HOSTILE_TEXTS),
        on_merge=HOSTILE_TEXTS[5],
        digest=HOSTILE_TEXTS[3],
    )
    broken = EnvironmentPreview(HOSTILE_TEXTS[3], HOSTILE_TEXTS, error=every, advice=every)
    return Preview(
        HOSTILE_TEXTS[4],
        HOSTILE_TEXTS[6],
        HOSTILE_TEXTS[3],
        (made, broken),
        HOSTILE_TEXTS,
        fallback=every,
        reproduce=every,
    )


def _secret(environment: str, salt: str) -> EnvironmentPreview:
    """The same new password, kept with another salt in each environment."""
    diff = AttributeDiff(("password",), Fingerprint(salt, "11"), Secret("hunter2"))
    return planned(
        environment, Change(Address("user", "reader"), Action.UPDATE, "", id="reader", diffs=(diff,))
    )


PREVIEWS: Mapping[str, Preview] = MappingProxyType(
    {
        "nothing": preview(planned("dev"), planned("staging"), unaffected=("prod",)),
        "none_affected": preview(unaffected=("dev", "staging", "prod")),
        "create": preview(planned("dev", plans.CREATE), unaffected=("staging", "prod")),
        "everything": _everything(),
        "folded": preview(
            planned("dev", updated(11), plans.CREATE_FILTER),
            planned("staging", updated(12), plans.CREATE_FILTER),
            evolve(planned("prod", updated(13), deleted(1)), protected=True),
        ),
        "folded_secrets": preview(_secret("dev", "00"), _secret("staging", "01")),
        "failed": preview(planned("dev", updated(11)), planned("staging", updated(12)), FAILED),
        "all_failed": preview(FAILED),
        "gates": preview(
            evolve(planned("dev", plans.UPDATE), on_merge="applied at once"),
            evolve(
                planned("prod", plans.UPDATE, plans.DELETE),
                protected=True,
                gates=GATES,
                on_merge="waits for its gates and a promotion from staging",
            ),
        ),
        "offline": preview(planned("dev", plans.CREATE), unaffected=("prod",), offline=True),
        "fallback": preview(
            planned("dev", plans.UPDATE), planned("prod"), fallback="planner.yaml itself changed"
        ),
        "left_behind": preview(
            evolve(planned("dev", plans.CREATE, why=(NEW,)), cautions=(MOVED_STATE,)),
            EnvironmentPreview("qa", (REMOVED,), removed=True, cautions=(TAKEN_OUT,)),
            left_out=("staging", "prod"),
        ),
        "refused": preview(
            evolve(planned("prod", plans.DELETE, plans.UPDATE), digest="", error=PROTECTED, protected=True),
            planned("dev", plans.DELETE),
        ),
        "same_error": preview(
            *(EnvironmentPreview(name, WHY, error=BROKEN) for name in ("dev", "staging")), FAILED
        ),
        "whole_failure": preview(error=f"{BROKEN}\n{PROTECTED}", advice="planner validate shows the lines."),
        "drift_only": preview(planned("dev", drift=DRIFT), planned("prod")),
        "state_only": preview(planned("dev", *OTHERS)),
        "rolled_out": _rolled_out(),
        "held_back": preview(planned("prod", rollouts=(evolve(rollouts.SEARCH, held=rollouts.FAILURE),))),
        "hostile": _hostile(),
        "many_creates": preview(planned("dev", *map(created, range(1_000)), plans.DELETE)),
        "many_deletes": preview(
            planned("dev", plans.UPDATE), evolve(planned("prod", *map(deleted, range(500))), protected=True)
        ),
        "long_update": preview(
            planned("dev", plans.LONG_UPDATE, plans.RULES, plans.MULTILINE, outputs=OUTPUTS)
        ),
    }
)

LEFT_OUT = evolve(
    plan(plans.UPDATE, notes=("one note",)),
    left_out=(LeftOut(ICU, Action.DELETE), LeftOut(OFFICE, Action.UPDATE, "extension.icu is left out")),
)
MARKDOWN_PLANS: Mapping[str, Plan] = MappingProxyType(
    {**{f"plan_{name}": made for name, made in plans.PLANS.items()}, "plan_left_out": LEFT_OUT}
)
