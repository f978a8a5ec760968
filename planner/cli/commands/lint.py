"""`planner lint`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from planner.cli.handed import Console
from planner.cli.options import ANNOTATIONS, format_option, json_form_option
from planner.cli.verbs import folder_of, make_console
from planner.model.lint import Report

FOUND: Final = 1


@click.command("lint")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@format_option("text", "json", *ANNOTATIONS, "junit")
@json_form_option
@click.option("--explain", metavar="RULE", default="", help="Say what a rule means, and where it is from.")
@click.pass_context
def command(context: click.Context, /, paths: tuple[Path, ...], form: str, explain: str) -> int:
    """Check bundles and plugins, folders or .zip files, for what Elasticsearch refuses or misreads.

    Without PATH, those in files/. Needs no project, and calls nothing. Exits 1 when there are errors.

    \b
    planner lint files/synonyms bundle.zip
    planner lint --explain synonyms-two-arrows
    """
    from planner.app.lint import lint_paths, rule
    from planner.render.lint.text import render_rule

    console = make_console(context)
    if explain and form != "text":
        raise click.UsageError(
            f"--explain is told as a text, not as {form}; the findings are --format {form}"
        )
    if explain:
        console.out(render_rule(rule(explain), width=console.width(), style=console.style()))
        return 0
    reports = console.redact.inside(tuple(lint_paths(folder_of(context), paths)))
    _print(console, reports, form)
    return FOUND if any(report.errors for report in reports) else 0


def _print(console: Console, reports: Sequence[Report], form: str) -> None:
    from planner.render.annotations import of_reports
    from planner.render.lint.document import document
    from planner.render.lint.junit import junit
    from planner.render.lint.text import render_reports

    if form in ANNOTATIONS:
        console.annotations(of_reports(reports), form)
    elif form == "json":
        console.document(document(reports))
    elif form == "junit":
        console.out_document(junit(reports).encode())
    else:
        console.out(render_reports(reports, width=console.width(), style=console.style()))
