"""The environments of a project beside each other: where each is, one as its files say, how two differ.

None of this asks an installation.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path as Folder

from attrs import evolve, frozen

from planner.app.lines import Lines
from planner.app.opening import Request, configure_files, make_salt
from planner.app.promotion.provenance import archives_of, release_of
from planner.app.stores import without_secrets, without_user
from planner.config.load import Configuration
from planner.config.project import choose_environment, default_state
from planner.config.sources import Sources
from planner.config.variables import assign
from planner.engine.diff import differences
from planner.errors import PlannerError
from planner.model import NONE
from planner.model.address import Address
from planner.model.compare import same
from planner.model.diagnostic import Diagnostics
from planner.model.kind import Kind
from planner.model.members import ContentChange
from planner.model.plan import AttributeDiff
from planner.model.project import PREFIX, Environment, Project
from planner.model.release import Comparison, Release, RenderedDiff, ResourceDiff, TextDiff
from planner.model.resource import Desired, Prior
from planner.model.times import show_duration
from planner.model.value import Deferred, Path, Value, conceal, fingerprints, is_sensitive, with_each
from planner.render.standings import Place
from planner.state.registry import Location, open_backend


def places(project: Project, folder: Folder) -> tuple[Place, ...]:
    """Where the environments are, in the order of planner.yaml."""
    return tuple(
        Place(
            environment=environment.name,
            endpoint=shown_endpoint(environment),
            state=state_place(project.name, environment, folder),
            protected=environment.protected,
            promote_from=environment.promote_from,
        )
        for environment in project.environments.values()
    )


def shown_endpoint(environment: Environment) -> str:
    """The endpoint as planner.yaml has it, without credentials; "" where it leaves it to EC_ENDPOINT."""
    return without_user(environment.endpoint)


def state_place(project: str, environment: Environment, folder: Folder) -> str:
    """The state's place as messages name it, without credentials; also where this machine lacks what opens
    it.
    """
    url = environment.state
    try:
        return open_backend(Location(url, environment.name, folder, project)).describe()
    except PlannerError:
        return without_secrets(url)


@frozen
class Side:
    """One side of a comparison: an environment as its files say. unset: sensitive variables that have no
    value here; a text stands in for each.

    release: what the files bring; where nothing is promoted, its archives alone.
    """

    configuration: Configuration
    kinds: Mapping[str, Kind]
    release: Release
    unset: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.configuration.environment.name


def read_side(request: Request, name: str) -> Side:
    """The environment as the files have it. InvalidConfiguration with every problem found."""
    environment = choose_environment(request.project, name)
    own = evolve(request, environment=environment.name)
    unset = _unset(own, environment.name)
    given = {f"{PREFIX}{variable}": _stand_in(variable) for variable in unset}
    own = evolve(own, inputs=evolve(own.inputs, environ={**own.inputs.environ, **given}))
    configuration, kinds = configure_files(own)
    configuration.refuse_errors()
    release = release_of(own, configuration) or Release(archives=archives_of(configuration))
    return Side(configuration, {kind: file.kind for kind, file in kinds.items()}, release, unset)


def _unset(request: Request, environment: str) -> tuple[str, ...]:
    """The sensitive variables that nothing gives a value, and that a text can stand in for."""
    declared = request.projects.at(request.folder)
    project = declared.project
    secret = {name: variable for name, variable in project.variables.items() if variable.sensitive}
    filled = {
        name: evolve(variable, has_default=True, default=_stand_in(name)) for name, variable in secret.items()
    }
    sources = Sources(request.folder, texts=request.texts)
    trial = evolve(declared, project=evolve(project, variables={**project.variables, **filled}))
    found = assign(trial, environment, sources, request.inputs, Diagnostics())
    return tuple(name for name in secret if name in found and found[name].value == _stand_in(name))


def _stand_in(name: str) -> str:
    return f"(not set: {name})"


_Pairs = Mapping[Path, tuple[Value, Value]]
"""A path -> the value on both sides, None where there is none."""


def compare_sides(left: Side, right: Side, request: Request, *, rendered: bool = False) -> Comparison:
    """How two sides differ. Secrets are compared by fingerprints of the same salt."""
    folder, archives = request.folder, _Archives.of(left, right, request)
    salt = make_salt(left.configuration, "")
    project = left.configuration.project
    moved = project.promoted_variables
    unset = {*left.unset, *right.unset}
    variables = _paired(_variables(left, unset, salt), _variables(right, unset, salt))
    settings = _paired(_settings(left, folder), _settings(right, folder))
    commits = _texts({"templates": left.release.templates}, {"templates": right.release.templates})
    equal = (path[-1] for path, pair in variables.items() if is_sensitive(pair) and same(*pair))
    return Comparison(
        left=left.name,
        right=right.name,
        promotes=project.promote is not None,
        variables=tuple(diff for diff in _diffs(variables) if diff.path[-1] in moved),
        templates=next(commits, None),
        archives=tuple(map(archives.told, _texts(left.release.archives, right.release.archives))),
        local=(
            *_diffs(_without_usual_places(settings, left, right)),
            *(diff for diff in _diffs(variables) if diff.path[-1] not in moved),
        ),
        equal_secrets=tuple(map(str, equal)),
        unset_secrets=tuple(sorted(unset)),
        rendered=archives.all_told(rendered_diff(left, right, salt)) if rendered else None,
    )


@frozen(eq=False)
class _Archives:
    """What differs in archives: by their path, where both sides have them there, else by resource. wanted:
    whether any of it is to be shown.
    """

    left: Side
    right: Side
    lines: Lines
    wanted: bool

    @classmethod
    def of(cls, left: Side, right: Side, request: Request) -> _Archives:
        lines = evolve(Lines.of(request, left.configuration), beside=right.configuration)
        return cls(left, right, lines, request.content != NONE)

    def told(self, diff: TextDiff) -> TextDiff:
        """The archives at a path, which any of the resources stands for that have it on both sides."""
        sides = (side.configuration.resources for side in (self.left, self.right))
        before, after = ({a for a, item in there.items() if _path_of(item) == diff.name} for there in sides)
        both = sorted(before & after)
        return evolve(diff, content=self._between(both[0])) if both and self.wanted else diff

    def all_told(self, rendered: RenderedDiff) -> RenderedDiff:
        return evolve(rendered, both=tuple(map(self._resource, rendered.both)))

    def _resource(self, item: ResourceDiff) -> ResourceDiff:
        """What is not told by its path."""
        address, sides = item.address, (self.left, self.right)
        paths = {_path_of(side.configuration.resources[address]) for side in sides}
        if item.content is None or not self.wanted or len(paths) < 2 or None in paths:
            return item
        return evolve(item, content=evolve(item.content, content=self._between(address)))

    def _between(self, address: Address) -> ContentChange | None:
        sides = (side.configuration.resources[address].content for side in (self.left, self.right))
        before, after = sides
        return self.lines.between(address, before, after) if before and after else None


def _path_of(desired: Desired) -> str | None:
    return posixpath.normpath(desired.content.source) if desired.content else None


def _variables(side: Side, without: Collection[str], salt: str) -> dict[Path, Value]:
    values = side.configuration.variables.items()
    return {("var", name): conceal(item.value, salt) for name, item in values if name not in without}


def _settings(side: Side, folder: Folder) -> dict[Path, Value]:
    """All that planner.yaml says of an environment; None for what it leaves out."""
    environment = side.configuration.environment
    gates = environment.gates
    return {
        **{(name,): value for name, value in environment.options.items()},
        ("endpoint",): shown_endpoint(environment) or None,
        ("state",): state_place(side.configuration.project.name, environment, folder),
        ("encrypted",): environment.encrypted,
        ("protected",): environment.protected,
        ("promote_from",): list(environment.promote_from) or None,
        ("gates", "soak"): show_duration(gates.soak) if gates.soak else None,
        ("gates", "checks"): list(gates.checks) or None,
        ("gates", "approvals"): gates.approvals or None,
        ("gates", "windows"): [window.text for window in gates.windows] or None,
    }


def _without_usual_places(settings: _Pairs, left: Side, right: Side) -> _Pairs:
    """Two states in the places that nobody chose are no difference worth a line."""
    environments = (left.configuration.environment, right.configuration.environment)
    usual = all(item.state == default_state(item.name) for item in environments)
    return {path: pair for path, pair in settings.items() if not (usual and path == ("state",))}


def _paired(left: Mapping[Path, Value], right: Mapping[Path, Value]) -> _Pairs:
    """Pairs in the order of the left side, then what only the right one has."""
    return {path: (left.get(path), right.get(path)) for path in dict.fromkeys([*left, *right])}


def _diffs(pairs: _Pairs) -> Iterator[AttributeDiff]:
    for path, (before, after) in pairs.items():
        if not same(before, after):
            yield AttributeDiff(path, before, after, sensitive=is_sensitive((before, after)))


def _texts(left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[TextDiff]:
    for name in sorted({*left, *right}):
        before, after = left.get(name, ""), right.get(name, "")
        if before != after:
            yield TextDiff(name, before, after)


def rendered_diff(left: Side, right: Side, salt: str) -> RenderedDiff:
    """What the templates make of both, without asking any installation. salt: for fingerprints of secrets."""
    before, after = left.configuration.resources, right.configuration.resources
    shared = sorted(before.keys() & after.keys())
    outputs = _paired(*(_outputs(side, salt) for side in (left, right)))
    found = (_resource(before[a], after[a], left.kinds[a.kind], salt) for a in shared)
    return RenderedDiff(
        only_left=tuple(sorted(before.keys() - after.keys())),
        only_right=tuple(sorted(after.keys() - before.keys())),
        both=tuple(item for item in found if item.attributes or item.content),
        outputs=tuple(_diffs(dict(sorted(outputs.items())))),
    )


def _resource(before: Desired, after: Desired, kind: Kind, salt: str) -> ResourceDiff:
    was, now = (_as_written(item.attributes, salt) for item in (before, after))
    left_out = dict.fromkeys(was)
    seen = Prior(before.address, "", was)
    found = (evolve(d, forces_replacement=False) for d in differences({**left_out, **now}, seen, kind, salt))
    hashes = ({"content": item.content.sha256} if item.content else {} for item in (before, after))
    return ResourceDiff(before.address, (*found, *_file(was, now, kind)), next(_texts(*hashes), None))


def _file(was: Mapping[str, Value], now: Mapping[str, Value], kind: Kind) -> Iterator[AttributeDiff]:
    """The path of the content, which a plan does not compare."""
    name = kind.content.attribute if kind.content else ""
    if name and was.get(name) != now.get(name):
        yield AttributeDiff((name,), was.get(name), now.get(name))


def _outputs(side: Side, salt: str) -> dict[Path, Value]:
    return {(name,): value for name, value in _as_written(side.configuration.outputs, salt).items()}


def _as_written(values: Mapping[str, Value], salt: str) -> dict[str, Value]:
    """References as they are, as `${resource.extension.synonyms.url}`; secrets as fingerprints."""
    return {name: _shown(fingerprints(value, salt)) for name, value in values.items()}


def _shown(value: Value) -> Value:
    return str(value) if isinstance(value, Deferred) else with_each(value, _shown)
