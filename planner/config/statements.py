"""What templates say beside resources: the blocks `moved`, `import`, `removed` and `check`. All of it must be
known before anything is applied; so must what `meta.py` reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any, Final, TypedDict, TypeVar, cast

from planner.config.validation import Checker, Place, Problem, holds_invalid
from planner.config.values import Literal, Written, shaped
from planner.model.address import Address
from planner.model.declarations import Check, Import, Move, Removal
from planner.model.diagnostic import ERROR, WARNING
from planner.model.resource import CONTENT, FORGET, RESET
from planner.model.value import Deferred, Path, Secret, Value, dotted, is_sensitive, leaves

T = TypeVar("T")


def a_text(description: str) -> dict[str, Any]:
    """The schema of a text; those below of other shapes."""
    return {"type": "string", "minLength": 1, "description": description}


def texts(description: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "description": description}


def boolean(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def mapping(description: str, *required: str, **properties: Any) -> dict[str, Any]:
    names = {"required": list(required), "additionalProperties": False}
    return {"type": "object", "description": description, "properties": properties, **names}


_ADDRESS: Final = a_text("An address, as extension.synonyms.")

SCHEMAS: Final[Mapping[str, dict[str, Any]]] = {
    "depends_on": texts("The addresses of what must be there first, as extension.synonyms."),
    "lifecycle": mapping(
        "How it may change.",
        prevent_destroy=boolean("Refuse every plan that would delete or replace it."),
        create_before_destroy=boolean("Replace it by creating the new one first."),
        ignore_changes=texts("Attributes, or paths in them, that are left as they are."),
        replace_triggered_by=texts("Replace it when one of these resources or attributes changes."),
        replace_on={
            "type": "array",
            "items": {"enum": [CONTENT]},
            "description": "content: another file makes a new one beside it, and what uses it goes over.",
        },
        on_leave={
            "enum": [FORGET, RESET],
            "description": "What becomes of a singleton that is no longer declared.",
        },
    ),
    "allow": {
        "type": "array",
        "description": "Rules of planner lint that its file may break.",
        "items": mapping(
            "A rule.",
            "rule",
            "reason",
            rule=a_text("The id of the rule, as synonyms-two-arrows."),
            reason=a_text("Why the file may break it."),
        ),
    },
    "timeouts": mapping(
        "How long is waited.",
        settle=a_text("For what the installation only accepts, as 30m or 1h30m."),
    ),
    "content": {
        "enum": ["lines", "names"],
        "description": "What is shown of a change of its file: lines, or only the names of the files in it.",
    },
    "moved": mapping("Resources whose address changed.", "from", "to", **{"from": _ADDRESS, "to": _ADDRESS}),
    "import": mapping(
        "Resources that exist already. Without id, the one with the same natural key.",
        "to",
        to=_ADDRESS,
        id=a_text("The id in the installation."),
    ),
    "removed": mapping(
        "Resources that are no longer declared: forgotten, or with destroy: true deleted.",
        "from",
        **{"from": _ADDRESS, "destroy": boolean("Delete it, instead of only forgetting it.")},
    ),
    "check": mapping(
        "What must hold.",
        "condition",
        "message",
        condition={"type": ["string", "boolean"], "description": "A jinja expression, without braces."},
        message=a_text("What is wrong when it does not hold."),
        severity={"enum": [ERROR, WARNING], "description": "An error stops a plan."},
    ),
}
"""The shapes of statements, with what editors say of them."""


@cache
def checker(name: str) -> Checker:
    return Checker(SCHEMAS[name], "argument")


def too_late(value: Value, *names: str, whole: str = "", advice: str = "") -> Iterator[Problem]:
    """What is known only after an apply. names: around value, for messages. whole: value itself, without."""
    for path, leaf in leaves(value):
        if isinstance(leaf, Deferred):
            what = dotted((*names, *path)) or whole
            yield Problem(path, f"{what} must be known before anything is applied", advice)


_OF_TERRAFORM: Final = frozenset(
    {"value", "sensitive", "description", "depends_on", "ephemeral", "precondition"}
)


def check_output(name: str, body: Written, place: Place) -> None:
    """Tells of an output in Terraform's form, which is a mapping here. `sensitive: true` hides nothing in it,
    so that is an error; what an expression gives is meant as it is.
    """
    if not isinstance(body, dict) or "value" not in body or not _OF_TERRAFORM.issuperset(body):
        return
    sensitive = body.get("sensitive")
    if isinstance(sensitive, Literal) and sensitive.value is True:
        place.error(
            (),
            f'output "{name}" would be shown: it is a mapping, in which sensitive hides nothing',
            advice=f"Write {name}: VALUE. What is made of a sensitive variable is hidden in every output.\n"
            f'If the mapping is meant, write it as an expression: {name}: "{{{{ {{...}} }}}}"',
        )
    else:
        keys = ", ".join(body)
        place.warning(
            (),
            f'output "{name}" is a mapping with {keys}',
            advice=f"For the value alone write {name}: VALUE.",
        )


_Statement = TypedDict("_Statement", {"from": str, "to": str, "id": str, "destroy": bool}, total=False)
"""What the schema of a block lets through: all that it requires is there."""


def read_moves(body: Written, place: Place) -> Iterator[Move]:
    """`moved: [{from: extension.a, to: extension.b}]`; one alone may stand without the list."""
    for entry, path in _entries(body, "moved", place):
        source = _address(entry["from"], (*path, "from"), place)
        target = _address(entry["to"], (*path, "to"), place)
        if source is None or target is None:
            continue
        if source.kind == target.kind:
            yield Move(source, target, place=partial(place.locate, path))
        else:
            place.error(path, f"{source} cannot become {target}: a move keeps the kind")


def read_imports(body: Written, place: Place) -> Iterator[Import]:
    """`import: [{to: extension.a, id: "123"}]`; without id the natural key is looked for."""
    for entry, path in _entries(body, "import", place):
        target = _address(entry["to"], (*path, "to"), place)
        if target is not None:
            yield Import(target, entry.get("id"), place=partial(place.locate, path))


def read_removals(body: Written, place: Place) -> Iterator[Removal]:
    """`removed: [{from: extension.a, destroy: false}]`; false, the default, means forget."""
    for entry, path in _entries(body, "removed", place):
        source = _address(entry["from"], (*path, "from"), place)
        if source is not None:
            yield Removal(source, entry.get("destroy", False), place=partial(place.locate, path))


def _entries(body: Written, block: str, place: Place) -> Iterator[tuple[_Statement, Path]]:
    """The well-formed entries of a block, each with its path in the document."""
    if isinstance(body, Literal) and body.value is None:
        return
    for index, raw in enumerate(body if isinstance(body, list) else [body]):
        if holds_invalid(raw):
            continue
        path: Path = (block, index) if isinstance(body, list) else (block,)
        entry = shaped(raw, SCHEMAS[block])
        problems = [*checker(block).problems(entry, whole="each entry")]
        problems += [*too_late(entry, whole="each entry"), *sensitive(entry)]
        if place.report(problems, path, f"{block}: "):
            yield cast(_Statement, entry), path


def sensitive(entry: Value) -> Iterator[Problem]:
    """What of an entry is sensitive, which nothing in it may be."""
    for path, leaf in leaves(entry):
        if is_sensitive(leaf):
            why = "cannot be sensitive: names and ids are shown, and kept as they are"
            yield Problem(path, f"{dotted(path)} {why}")


def _address(text: str, path: Path, place: Place) -> Address | None:
    try:
        return Address.parse(text.removeprefix("resource."))
    except ValueError as error:
        place.error(path, str(error))
        return None


def read_checks(body: Written, place: Place) -> Iterator[Check]:
    """`check: {name: {condition: "...", message: ..., severity: error}}`.

    condition: a jinja expression without braces, or a boolean that `{{ ... }}` printed.
    """
    if isinstance(body, Literal) and body.value is None:
        return
    if not isinstance(body, dict):
        place.error(("check",), "check must be a mapping of names")
        return
    for name, raw in body.items():
        path: Path = ("check", name)
        entry = shaped(raw, SCHEMAS["check"])
        if holds_invalid(raw) or not place.report(_wrong_in_check(entry), path, f"check {name}: "):
            continue
        found = {"severity": ERROR, **cast(dict[str, Any], entry)}
        if isinstance(found["message"], str) and not isinstance(found["message"], Secret):
            found["condition"] = str(found["condition"])
            yield Check(name, **found, place=partial(place.locate, path))
        else:
            place.error(
                (*path, "message"),
                f"check {name}: its message must be a plain text",
                detail="It is shown to everybody, and before anything is applied: no secret can be in it "
                "and no value of a resource.",
            )


def _wrong_in_check(entry: Value) -> list[Problem]:
    """A message that is not known yet is none of it: its own error says more."""
    advice = "Write the condition without braces: it may ask for what is known only then."
    later = too_late(entry, whole="what it is", advice=advice)
    found = checker("check").problems(entry)
    return [*found, *(problem for problem in later if problem.path != ("message",))]
