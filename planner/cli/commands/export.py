"""`planner export`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from planner.cli.commands.kinds import require_kind
from planner.cli.handed import Console, Drivers, Export, Parent, Request
from planner.cli.options import complete_kinds, environment_option, on_request
from planner.errors import PlannerError, WrongUsage


@click.command("export")
@click.argument("kinds", nargs=-1, metavar="[KIND[/PARENT]]...", shell_complete=complete_kinds)
@environment_option
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a new file in the project."
)
@on_request
def command(request: Request, console: Console, /, kinds: tuple[str, ...], out: Path | None) -> None:
    """Write templates and import blocks for what the installation holds and the state does not.

    The next apply then takes it all into the state, without changing anything. Of what an installation has
    once, and of what lives below something else, name the kind, and what it is below. What is of use only
    with a credential that was shown once, as an API key, cannot be imported, and is passed over. All that is
    left out is told, with the reason.

    \b
    planner export -e prod --out templates/existing.yaml
    planner export license comment/allocator/192.168.44.10 -e prod
    planner plan -e prod
    """
    from planner.app.opening import opened
    from planner.engine.export import Exporter
    from planner.engine.refresh import Asking
    from planner.render.template_text import template_text

    with opened(request) as here:
        drivers, declared = here.session.drivers, here.configuration.resources
        wanted = _wanted(kinds, drivers) if kinds else _many(drivers)
        with console.doing("Asking the installation"):
            asking = Asking(here.session.parallelism)
            exporter = Exporter(
                *(here.store.load(), drivers, asking, declared, console.redact.inside), lenient=not kinds
            )
            found = exporter.export(wanted)
    text = template_text(found.resources, found.imports)
    if found.resources and out is not None:
        write_template(request.folder, out, text)
    elif found.resources:
        console.out(text)
    console.tell(_told(len(found.resources), found.known, out))
    for line in (*_not_in(found, drivers), *(_never_asked(drivers) if not kinds else ())):
        console.tell(line)


def _not_in(found: Export, drivers: Drivers) -> Iterator[str]:
    """What an export leaves out, and why."""
    if found.unserved:
        yield f"The installation does not show these credentials: {', '.join(found.unserved)}."
    for kind in found.unasked:
        yield f"Of {kind} there may be more: export {_form(kind, drivers)} asks for those below one thing."
    yield from (f"{what}: {why}." for what, why in found.passed)
    for address, names in found.left_out.items():
        yield (
            f"{address}: {', '.join(names)} left out and ignored, as a known secret is in it. To manage it, "
            "declare it with a sensitive variable and take it out of ignore_changes."
        )
    for kind, names in found.unshown.items():
        yield f"Secrets of each {kind} are left out, which no installation shows: {', '.join(names)}."
    for kind in sorted({address.kind for address in found.resources}):
        for name, elsewhere in drivers[kind].kind.said_elsewhere.items():
            yield f"{name} of each {kind} is left out: {elsewhere} says it for all."


def _never_asked(drivers: Drivers) -> Iterator[str]:
    """What is written only when it is named, or never."""
    single: list[str] = []
    for name in sorted(drivers):
        try:
            kind = drivers[name].kind
        except PlannerError as error:
            yield f"{name} was not asked for: {error.summary}."
            continue
        if kind.why_not_imported:
            yield f"{name} was not asked for, as it cannot be imported: {kind.why_not_imported}."
        elif kind.singleton:
            single.append(_form(name, drivers))
    yield f"Written only when named: {', '.join(single)}."


def _form(name: str, drivers: Drivers) -> str:
    """What to export: a kind, and what it is below."""
    return "/".join([name, *(part.upper() for part in drivers[name].kind.identity.parents)])


def _told(count: int, known: int, out: Path | None) -> str:
    said = f"Wrote {counted(count)} to {out}" if count and out else counted(count)
    is_or_are = "is" if known == 1 else "are"
    unwritten = f"; {out} was not written" if out and not count else ""
    return f"{said}{f'; {known} more {is_or_are} in the state already' if known else ''}{unwritten}."


def _wanted(words: tuple[str, ...], drivers: Drivers) -> dict[str, list[Parent]]:
    """What KIND and KIND/PARENT ask for. WrongUsage for what there is not."""
    found: dict[str, list[Parent]] = {}
    for word in words:
        name, *parent = word.split("/")
        require_kind(name, drivers)
        kind = drivers[name].kind
        if kind.why_not_imported:
            raise PlannerError(f"what is exported is imported: {kind.why_not_imported}")
        parents = kind.identity.parents
        if parent and len(parent) != len(parents):
            raise WrongUsage(
                f"{word} does not say what the {name} is below", advice=f"Write {_form(name, drivers)}."
            )
        found.setdefault(name, []).extend([tuple(parent)] if parent else [])
    return found


def _many(drivers: Drivers) -> dict[str, list[Parent]]:
    """All kinds that can be read, but those of which there is one, and those that cannot be imported."""
    found: dict[str, list[Parent]] = {}
    for name in sorted(drivers):
        with suppress(PlannerError):  # a broken kind file is told where its kind is used
            if not (drivers[name].kind.singleton or drivers[name].kind.why_not_imported):
                found[name] = []
    return found


def counted(count: int) -> str:
    return f"{count} resource{'s' * (count != 1)}"


def write_template(folder: Path, name: Path, text: str) -> None:
    """Writes a template of the project that must not be there yet, with the schema that the project has for
    editors. PlannerError when it is there, or cannot be written.
    """
    from planner.app.schemas import modeline

    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        raise PlannerError(f"{name} exists", advice="Name another file, or remove that one.") from None
    except OSError as error:
        raise PlannerError(f"{name} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(modeline(folder, path) + text)
