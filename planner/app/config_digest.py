"""A digest over all that a configuration says: the same one for the same goal, whatever files it is in."""

from __future__ import annotations

from planner.config.load import Configuration
from planner.model.codec import canonical, digest_with, encode
from planner.model.resource import FORGET, Desired
from planner.model.value import conceal
from planner.model.value_json import encode_value


def config_digest(configuration: Configuration, salt: str) -> str:
    """A digest over all that the configuration wants; secrets go in as fingerprints.

    What a check says when it fails is for people: it is no part of it.
    """
    outputs = encode_value(conceal(configuration.outputs, salt))
    said = configuration.declarations
    statements: list[list[object]] = [
        [[str(move.source), str(move.target)] for move in said.moves],
        [[str(item.target), item.id] for item in said.imports],
        [[str(removal.source), removal.destroy] for removal in said.removals],
        [[c.name, c.severity, conceal(c.condition, salt)] for c in said.checks],
    ]
    if said.rollouts:
        statements.append([[r.name, list(r.of), encode(r.waves), encode(r.rules)] for r in said.rollouts])
    in_order = [sorted(block, key=canonical) for block in statements]  # files are read in any order
    wanted = configuration.resources
    names = sorted((str(address), address) for address in wanted)
    resources = ((name, _described(wanted[address], salt)) for name, address in names)
    return digest_with({"outputs": outputs}, "resources", resources, {"statements": in_order})


def _described(desired: Desired, salt: str) -> dict[str, object]:
    lifecycle = desired.lifecycle
    return {
        "attributes": encode_value(conceal(desired.attributes, salt)),
        "depends_on": [str(address) for address in desired.depends_on],
        **({"settle_within": desired.settle_within} if desired.settle_within else {}),
        "lifecycle": [
            lifecycle.prevent_destroy,
            lifecycle.create_before_destroy,
            [list(path) for path in lifecycle.ignore_changes],
            [str(reference) for reference in lifecycle.replace_triggered_by],
            *([lifecycle.on_leave] if lifecycle.on_leave != FORGET else []),
            *([list(lifecycle.replace_on)] if lifecycle.replace_on else []),
        ],
        "content": desired.content.sha256 if desired.content else None,
    }
