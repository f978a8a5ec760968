"""A preview: what merging a change would do to each environment, as a value."""

from __future__ import annotations

from attrs import field, frozen

from planner.model.plan import Plan


@frozen
class GateState:
    """A condition of an environment. detail: the reason it is open, or the proof that it is met."""

    name: str
    met: bool
    detail: str = ""


@frozen
class EnvironmentPreview:
    """One environment that the change affects, or may affect.

    why: what it reads that changed, as "templates/extensions.yaml" or "var.bundle_version".
    plan: None when it could not be planned; error and advice then say why.
    digest: of the plan, for `apply --expect-digest`.
    on_merge: what happens when the change is merged, in a few words, "" when nobody said.
    """

    environment: str
    why: tuple[str, ...] = ()
    plan: Plan | None = None
    digest: str = ""
    error: str = ""
    advice: str = ""
    protected: bool = False
    gates: tuple[GateState, ...] = ()
    on_merge: str = ""

    @property
    def failed(self) -> bool:
        return self.plan is None


@frozen
class Preview:
    """base, head: git commits, in full. unaffected: environments that read nothing that changed.

    offline: base and head were compared without asking any installation, so that drift, versions and ids are
    not known. fallback: why all environments were planned, "" when it is known which are affected. reproduce:
    the command line that makes this preview again. uncommitted: what was previewed is head and changes to it.
    """

    project: str
    base: str
    head: str
    environments: tuple[EnvironmentPreview, ...] = field(factory=tuple)
    unaffected: tuple[str, ...] = ()
    offline: bool = False
    fallback: str = ""
    reproduce: str = ""
    uncommitted: bool = False

    @property
    def failed(self) -> bool:
        return any(item.failed for item in self.environments)

    @property
    def has_changes(self) -> bool:
        return any(item.plan is not None and item.plan.has_changes for item in self.environments)
