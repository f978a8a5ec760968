"""Entry: the state's entry of a resource, brought up to date with what was observed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from planner.model.agreement import is_one_set
from planner.model.compare import identical, same
from planner.model.facets import Attribute
from planner.model.kept import ALL, NOTHING_MORE, Keeping, Shape, Wanted, hidden_in, without
from planner.model.kind import Kind
from planner.model.resource import Desired, Observed, Prior, Settling
from planner.model.value import Path, Value, fingerprints, is_deferred


def take_over(  # noqa: PLR0913 - what may be secret, and what is wanted, is known apart
    prior: Prior,
    observed: Observed,
    kind: Kind,
    salt: str,
    *,
    same_content: bool = False,
    secrets: Mapping[str, Value] | None = None,
    wanted: Wanted = NOTHING_MORE,
) -> Prior:
    """prior brought up to date with what was observed; secrets stay fingerprints.

    The content counts as unchanged while the server's marker of it is the same, or with same_content.
    secrets: more attributes; where one of them is a fingerprint, the observed value is a secret.
    wanted: of partial attributes, beside what prior holds.
    """
    if secrets is None and _shows_the_same(observed, prior, kind):
        return prior
    moved = not same_content and replaced(prior.attributes, observed.attributes, kind)
    sha256 = None if moved else prior.content_sha256
    silent = kind.content.fetched if kind.content and sha256 is not None else ()
    attributes = dict(_hidden(prior, observed, kind))
    taking = _Taking(prior, secrets or {}, wanted, salt)
    for name, value in observed.attributes.items():
        if name in kind.attributes and name not in silent:
            taken = taking.taken(kind.attributes[name], value)
            if value is None and name in kind.unshown and attributes.get(name) is not None:
                del attributes[name]  # what is not shown stays until it is said to be gone
            elif taken is not None or value is None:
                attributes[name] = taken
    return evolve(
        prior,
        id=observed.id,
        attributes=attributes,
        version=observed.version or prior.version,
        created=observed.created or prior.created,
        last_modified=observed.last_modified or prior.last_modified,
        content_sha256=sha256,
        read=tuple(taking.only_read(kind)),
        settling=_settling(prior, observed),
    )


def _settling(prior: Prior, observed: Observed) -> Settling:
    """Only what was written by us is waited for: an installation may be busy with anything."""
    seen = observed.settling if prior.settling.status else None
    return prior.settling if seen is None else seen


def accepted(prior: Prior, desired: Desired, kind: Kind, salt: str) -> tuple[Prior, list[Path]]:
    """prior with fingerprints of what is declared, for secrets that are there and have none, where desired
    accepts them; and where these are."""
    paths: list[Path] = []
    attributes = {name: value for name, value in prior.attributes.items() if name not in kind.accepting}
    said = {name: value for name in kind.accepting if (value := desired.attributes.get(name)) is not None}
    accepting = _Accepting(said, salt, paths)
    for name, value in desired.attributes.items():
        attribute, held = kind.attributes[name], attributes.get(name)
        if attribute.holds_secret and (taken := accepting.taken(attribute, value, held, (name,))) is not None:
            attributes[name] = taken
    attributes |= said
    return prior if attributes == prior.attributes else evolve(prior, attributes=attributes), paths


@frozen
class _Accepting:
    """Secrets taken as declared. said: by which attributes, and whether. paths: hears where they are."""

    said: Mapping[str, Value]
    salt: str
    paths: list[Path]

    def taken(self, attribute: Attribute, declared: Value, held: Value, path: Path) -> Value:
        """What is held of what is declared."""
        if attribute.write_only:
            if held is not None or self.said.get(attribute.accept) is not True or is_deferred(declared):
                return held
            self.paths.append(path)
            return fingerprints(declared, self.salt)
        wanted, there = attribute.members(declared), attribute.members(held)
        if wanted is None or there is None:
            return held
        found = (
            (key, self.taken(attribute.below(key), item, there.get(key), (*path, key)))
            for key, item in wanted.items()
        )
        return attribute.rebuilt({**there, **{key: item for key, item in found if item is not None}})


def _hidden(prior: Prior, observed: Observed, kind: Kind) -> Iterator[tuple[str, Value]]:
    """What of prior stays although the server does not show it; not a secret that is another one by now."""
    for name, value in prior.attributes.items():
        attribute = kind.attributes.get(name)
        if attribute is None or _moved(attribute.shown_as, prior.attributes, observed.attributes):
            continue
        if (hidden := hidden_in(attribute, value)) is not None:
            yield name, hidden


def _shows_the_same(observed: Observed, prior: Prior, kind: Kind) -> bool:
    """Whether taking over would give an equal prior, for sure. It is so nearly always, and finding it out
    takes a fifth of the time.
    """
    before, now = prior.attributes, observed.attributes
    silent = kind.content.fetched if kind.content and prior.content_sha256 is not None else ()
    return (
        kind.shown.issuperset(now)
        and now.keys() <= before.keys()
        and all(n in kind.unshown and before[n] is not None for n in before.keys() - now.keys())
        and all(
            is_one_set(kind.attributes[name], value, before[name]) or identical(value, before[name])
            for name, value in now.items()
            if type(value) is not str or value != before[name]
        )
        and now.keys().isdisjoint(silent)
        and _same_stamps(observed, prior)
        and _settling(prior, observed) == prior.settling
    )


def _same_stamps(observed: Observed, prior: Prior) -> bool:
    """A list shows no stamps; what is not shown has not moved. Of what a version is of a part only, as that
    of what a deployment loads, the rest may have been written since."""
    same_version = observed.version == prior.version
    stays = bool(observed.version and same_version and prior.last_modified)
    return (
        (not observed.version or same_version)
        and (not observed.created or observed.created == prior.created)
        and (not observed.last_modified or observed.last_modified == prior.last_modified or stays)
    )


@frozen
class _Taking:
    """What of an observed resource becomes the state's. prior: its entry; secrets, wanted: see take_over."""

    prior: Prior
    secrets: Mapping[str, Value]
    wanted: Wanted
    salt: str

    def taken(self, attribute: Attribute, value: Value) -> Value:
        """An observed value as the state keeps it; None for one that it does not keep."""
        name, before = attribute.name, self.prior.attributes.get(attribute.name)
        if type(value) is str and value == before and not (attribute.write_only or attribute.partial):
            return value  # nearly always
        shape: Shape | None = ALL
        if attribute.holds_partial and not (attribute.read_only and attribute.stable):
            shape = self.wanted.of(attribute, self._declared(attribute))
        if shape is None and attribute.partial:
            return None
        known = [values[name] for values in (self.prior.attributes, self.secrets) if name in values]
        return Keeping(self.salt).kept(attribute, value, before, known, {} if shape is None else shape)

    def _declared(self, attribute: Attribute) -> Value:
        return declared_part(attribute, self.prior)

    def only_read(self, kind: Kind) -> Iterator[Path]:
        for attribute in kind.partial:
            yield from self.wanted.only_read(attribute, self._declared(attribute))


def declared_part(attribute: Attribute, prior: Prior) -> Value:
    """What prior holds of an attribute, without what is kept for references alone."""
    value = prior.attributes.get(attribute.name)
    for path in prior.read:
        if path[0] == attribute.name:
            value = without(attribute, value, path[1:])
    return value


def declared_attributes(prior: Prior, kind: Kind) -> Mapping[str, Value]:
    """The attributes of prior, without what is kept for references alone."""
    if not prior.read:
        return prior.attributes
    return {name: declared_part(kind.attributes[name], prior) for name in prior.attributes}


def replaced(before: Mapping[str, Value], now: Mapping[str, Value], kind: Kind) -> bool:
    """Whether the stored file is another one: the server's marker of it was there and is not the same."""
    return kind.content is not None and _moved(kind.content.marker, before, now)


def _moved(name: str, before: Mapping[str, Value], now: Mapping[str, Value]) -> bool:
    """Whether an attribute of the server was there and is not the same."""
    return before.get(name) is not None and not same(before[name], now.get(name))
