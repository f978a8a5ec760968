"""`planner import`."""

from __future__ import annotations

from pathlib import Path

import click
from attrs import evolve

from planner.cli.commands.export import write_template
from planner.cli.handed import Console, Opened, Request
from planner.cli.options import (
    address_of,
    complete_addresses,
    events_option,
    lock_option,
    on_request,
    variable_options,
)
from planner.errors import PlannerError, WrongUsage
from planner.model.address import Address


@click.command("import")
@click.argument("address", shell_complete=complete_addresses)
@click.argument("resource_id", metavar="ID")
@variable_options
@lock_option
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the resource's block to this new file, as templates/synonyms.yaml.",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@events_option
@on_request
def command(  # noqa: PLR0913, PLR0917 - one for each option
    request: Request,
    console: Console,
    /,
    address: str,
    resource_id: str,
    lock_timeout: float,
    file: Path | None,
    auto_approve: bool,
) -> int:
    """Take the existing resource ID into the state at ADDRESS, through a plan. Nothing else is changed.

    The resource has to be declared; --file writes its block as the installation has it.

    \b
    planner import extension.synonyms 4310106454 -e dev
    planner import extension.geo 4310106455 --file templates/geo.yaml
    """
    from planner.app.opening import opened
    from planner.model.declarations import Import

    target = address_of(address)
    request = evolve(request, imports=(Import(target, resource_id),), import_only=True)
    if file is None:
        return _import(request, console, auto_approve, lock_timeout)
    with opened(evolve(request, imports=())) as here:
        _write_block(here, target, resource_id, file)
    code = None
    try:
        code = _import(request, console, auto_approve, lock_timeout)
    finally:  # a block that stayed without its entry in the state would be created a second time
        if code != 0:
            (request.folder / file).unlink(missing_ok=True)
    return code


def _import(request: Request, console: Console, auto_approve: bool, lock_timeout: float) -> int:
    """Carries out the imports of request, which its templates have to declare."""
    from planner.app.apply import Approval, apply_now
    from planner.app.carrying import Applying
    from planner.app.opening import opened
    from planner.cli.present import exit_code_of, make_report

    with opened(request) as here:
        for item in request.imports:
            if item.target not in here.configuration.resources:
                raise PlannerError(
                    f"{item.target} is not declared in a template",
                    advice="Declare it, or let --file templates/NAME.yaml write its block.",
                )
            _refuse_known(here, item.target)
        applying = Applying(here, make_report(console, here, "import"))
        return exit_code_of(apply_now(applying, Approval(auto_approve), lock_timeout))


def _write_block(here: Opened, target: Address, id_: str, file: Path) -> None:
    from planner.config.sources import FOLDER, SUFFIXES
    from planner.engine.export import declared
    from planner.engine.workflow import look_at
    from planner.render.template_text import template_text

    inside = (here.request.folder / file).resolve().is_relative_to((here.request.folder / FOLDER).resolve())
    if not (inside and file.name.endswith(SUFFIXES)):
        raise WrongUsage(f"--file {file} is no template", advice="Name a new file, as templates/NAME.yaml.")
    _refuse_known(here, target)
    if target in here.configuration.resources:
        raise PlannerError(f"{target} is declared already", advice="Leave out --file.")
    prior = look_at(here.session, target, id_)
    attributes = declared(prior.attributes, here.session.drivers[target.kind])
    write_template(here.request.folder, file, template_text({target: attributes}))


def _refuse_known(here: Opened, target: Address) -> None:
    state = here.store.load()
    if target in state.resources:
        raise PlannerError(f"{target} is in the state already, with the id {state.resources[target].id}")
