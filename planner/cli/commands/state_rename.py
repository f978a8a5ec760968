"""`planner state rename`: a state whose project or environment is called something else by now."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from attrs import evolve, frozen

from planner.cli.commands.state_places import told_size
from planner.cli.handed import Store, Stored
from planner.cli.options import dry_run_option, lock_option, on_state
from planner.errors import OthersState, PlannerError, Refused, WrongUsage
from planner.model.state import State


@frozen
class _Renaming:
    """A state before and after it is renamed. former: the state under its former names, where it is. later:
    under those of now, where it is to be.
    """

    former: Store
    later: Store

    @property
    def stays(self) -> bool:
        return self.former.backend is self.later.backend

    @property
    def names(self) -> str:
        former, later = self.former, self.later
        return f"{former.project}/{former.environment} to {later.project}/{later.environment}"


@click.command("rename")
@on_state
@click.option("--from-project", metavar="NAME", help="What the project was called. [default: as now]")
@click.option(
    "--from-environment", metavar="NAME", help="What the environment was called. [default: likewise]"
)
@click.option("--from", "place", metavar="PLACE", help="Where the state is. [default: where it would be]")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@lock_option
@dry_run_option
def rename_command(  # noqa: PLR0913, PLR0917 - one for each option
    here: Stored,
    /,
    from_project: str | None,
    from_environment: str | None,
    place: str | None,
    auto_approve: bool,
    lock_timeout: float,
    dry_run: bool,
) -> None:
    """Give the state the names that the project and the environment have now, as a new serial.

    For after they were changed in planner.yaml. The state is looked for where it is to be now, then where it
    was under its former name; from another place it is copied, and stays there as it is.

    \b
    planner state rename -e staging --from-environment test
    planner state rename -e prod --from-project search
    """
    _check_names(here, from_project, from_environment)
    renaming = _found(here, from_project, from_environment, place)
    if renaming is None:
        here.console.out_words(f"The state of {here.environment.name} has these names already.")
        return
    _refuse_blind_approval(here, auto_approve and not dry_run)
    with ExitStack() as stack:
        if not dry_run:
            for store in [renaming.later, *([] if renaming.stays else [renaming.former])]:
                stack.enter_context(store.lock("state rename", lock_timeout))
        state = renaming.former.load()
        here.refuse_while_open(state)
        if dry_run:
            here.console.out_words(f"Would rename {_told(renaming, state)}.")
            return
        if not auto_approve:
            _ask(here, renaming, state)
        written = _written(renaming)
    here.console.out_words(f"Renamed {_told(renaming, written)}.")
    _tell_what_is_left(here, renaming)


def _check_names(here: Stored, project: str | None, environment: str | None) -> None:
    from planner.config.project import open_project

    name = here.environment.name
    if (project or here.store.project, environment or name) == (here.store.project, name):
        raise WrongUsage("say what it was called: --from-project NAME, --from-environment NAME")
    is_of_now = project in (None, here.store.project)
    if is_of_now and environment in open_project(here.folder).environments:
        raise Refused(
            f"{environment} is an environment of planner.yaml: its state stays its own",
            advice="Give each environment a `state` of its own, or take the former name out of planner.yaml.",
        )


def _found(here: Stored, project: str | None, called: str | None, place: str | None) -> _Renaming | None:
    """What is to be renamed; None where it bears the names of now already. PlannerError when there is none of
    either names.
    """
    from planner.app.stores import usual_place

    store, environment = here.store, here.environment
    later = here.at(environment.state)
    former_project, name = project or store.project, called or environment.name
    in_place = evolve(later, project=former_project, environment=name)
    if place is None:
        try:
            if in_place.load().lineage:
                return _Renaming(in_place, later)
        except OthersState:
            later.load()  # which tells whose it is, if it is not of the names of now
            return None
    url = place or usual_place(environment, name)
    former = here.at(url, former_project, name)
    if former.backend.describe() == later.backend.describe():
        former = in_place
    if not former.load().lineage:
        there = " or ".join(dict.fromkeys(s.backend.describe() for s in (later, former)))
        raise PlannerError(
            f"there is no state of {former_project}/{name} in {there}",
            advice="Name the place where it is: --from PLACE.",
        )
    return _Renaming(former, later)


def _refuse_blind_approval(here: Stored, auto_approve: bool) -> None:
    if here.environment.protected and auto_approve:
        raise Refused(
            f"{here.environment.name} is protected: --auto-approve is not enough to rename its state",
            advice="Run it at a terminal, without --auto-approve, and give the name of the environment.",
        )


def _ask(here: Stored, renaming: _Renaming, state: State) -> None:
    protected = here.environment.protected
    way = "Run it at a terminal." if protected else "Give --auto-approve."
    here.console.ask_about(here.environment, f"Rename {_told(renaming, state)}?", otherwise=way)


def _told(renaming: _Renaming, state: State) -> str:
    return f"the state of {renaming.names}: {told_size(state)}, in {renaming.later.backend.describe()}"


def _written(renaming: _Renaming) -> State:
    former, later = renaming.former, renaming.later
    state = evolve(former.checkpoint(), project=later.project, environment=later.environment)
    return later.commit(state) if renaming.stays else later.take_over(state)


def _tell_what_is_left(here: Stored, renaming: _Renaming) -> None:
    from planner.app.embedded import sandbox_file
    from planner.app.stores import usual_place
    from planner.config.environment_file import name_of, pins_name

    tell, former = here.console.tell, renaming.former
    if not renaming.stays:
        tell(f"{former.backend.describe()} stays as it is; nothing looks at it any more.")
    called, now = former.environment, here.environment
    for name, wanted in (
        (name_of(here.folder, called), name_of(here.folder, now.name)),
        (pins_name(called), pins_name(now.name)),
    ):
        if (here.folder / name).exists():
            tell(f"Note: {name} is still called so; {now.name} reads {wanted}.")
    if now.endpoint == "sandbox":
        before = sandbox_file(Path(), evolve(now, name=called, state=usual_place(now, called)))
        after = sandbox_file(Path(), now)
        if before != after and (here.folder / before).exists():
            tell(f"Note: the installation of {called} is in {before}, that of {now.name} is in {after}.")
