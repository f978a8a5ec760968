"""A preview: what merging a change would do to each environment, as a value."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from planner.model.chain import Standing
from planner.model.plan import Plan
from planner.model.redaction import WORD
from planner.model.release import Gate

NEW: Final = "it is new"
REMOVED: Final = "it is removed from planner.yaml"
NOT_RENDERED: Final = "it cannot be rendered"
NOT_RENDERED_BEFORE: Final = "it could not be rendered before"
OUTSIDE: Final = "something outside of the files of the project"
IN_WORDS: Final = frozenset({NEW, REMOVED, NOT_RENDERED, NOT_RENDERED_BEFORE, OUTSIDE})
"""The reasons that name no file and no variable."""


@frozen
class EnvironmentPreview:
    """One environment that the change affects, or may affect.

    why: what it reads that changed, as "var.bundle_version" or "templates/extensions.yaml", or one of
    IN_WORDS. plan: None when it could not be planned, or is removed. error, advice: why there is no plan, or
    why apply would refuse the one there is. digest: of the plan, for `apply --expect-digest`.
    on_merge: what happens when the change is merged, in a few words, "" when nobody said.
    removed: planner.yaml does not declare it any more. cautions: sentences, with code between backticks.
    """

    environment: str = field(metadata=WORD)
    why: tuple[str, ...] = ()
    plan: Plan | None = None
    digest: str = field(default="", metadata=WORD)
    error: str = ""
    advice: str = ""
    protected: bool = False
    gates: tuple[Gate, ...] = ()
    on_merge: str = ""
    removed: bool = False
    cautions: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it could not be planned, or its plan would be refused."""
        return bool(self.error) or (self.plan is None and not self.removed)

    @property
    def refused(self) -> bool:
        """Whether apply would refuse the plan there is."""
        return self.failed and self.plan is not None


@frozen
class Preview:
    """What a change does to each environment that it affects. base, head: git commits, in full. unaffected:
    environments that read nothing that changed.

    offline: base and head were compared without asking any installation, so that drift, versions and ids are
    not known. fallback: why all environments were planned, "" when it is known which are affected. reproduce:
    the command line that makes this preview again. uncommitted: what was previewed is head and changes to it.
    left_out: environments that nobody asked about. error, advice: why there is no preview at all, "" when
    there is one; base and head are "" where they are not known. chain: every environment as its state says
    that it stands, where releases are promoted. target: what the change goes into, as people call it; ahead:
    how many commits that has which head lacks. folder: of the project in its repository, "" for the root.
    """

    project: str = field(metadata=WORD)
    base: str = field(metadata=WORD)
    head: str = field(metadata=WORD)
    environments: tuple[EnvironmentPreview, ...] = field(factory=tuple)
    unaffected: tuple[str, ...] = field(default=(), metadata=WORD)
    offline: bool = False
    fallback: str = ""
    reproduce: str = ""
    uncommitted: bool = False
    left_out: tuple[str, ...] = field(default=(), metadata=WORD)
    error: str = ""
    advice: str = ""
    chain: tuple[Standing, ...] = ()
    target: str = ""
    ahead: int = 0
    folder: str = ""

    @property
    def id(self) -> str:
        """What it is about: a repository may hold several projects, and of the same name."""
        return f"{self.project}:{self.folder}" if self.folder else self.project

    @property
    def failed(self) -> bool:
        return bool(self.error) or any(item.failed for item in self.environments)

    @property
    def is_worth_telling(self) -> bool:
        """Whether merging does, leaves behind or promotes anything, or nobody can say."""
        return self.has_changes or self.failed or any(i.cautions or i.on_merge for i in self.environments)

    @property
    def has_changes(self) -> bool:
        return any(item.plan is not None and item.plan.has_changes for item in self.environments)
