"""What a check found of the release that an environment runs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from attrs import frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.promotion.actor import actor
from planner.app.promotion.records import update_log
from planner.app.promotion.release_reading import promoting_project
from planner.config.load import choose_environment
from planner.errors import Refused, WrongUsage
from planner.model.diagnostic import did_you_mean
from planner.model.project import Project
from planner.promote.log import Log, Run, Verification


@frozen
class Finding:
    """What is to be recorded. url: of the evidence, "" for none."""

    check: str
    ok: bool
    url: str = ""


@frozen
class Verified:
    """notes: sentences for people."""

    environment: str
    release: str
    finding: Finding
    notes: tuple[str, ...] = ()


def verify(request: Request, caller: Caller, finding: Finding, timeout: float) -> Verified:
    """Records it about the release that the environment of request runs now. Refused when it runs none."""
    _check_url(finding.url)
    project = promoting_project(request)
    environment = choose_environment(project, request.environment)
    by = actor(request.folder, request.inputs.environ)
    seen: list[str] = []

    def change(log: Log, at: str) -> Log:
        run = _whole_run(environment.name, log)
        seen.append(run.id)
        return log.plus(Verification(run.id, finding.check, finding.ok, at, by, finding.url))

    update_log(request, environment.name, caller, "verify", change, timeout)
    notes = tuple(_notes(project, environment.name, finding.check))
    return Verified(environment.name, seen[0], finding, notes)


def _whole_run(environment: str, log: Log) -> Run:
    run = log.present
    if run is None:
        raise Refused(f"{environment} runs no release", advice=f"Apply one: planner apply -e {environment}")
    if not run.whole:
        raise Refused(
            f"{environment} does not run {run.id} as a whole: its last apply left something out",
            advice=f"Apply the rest: planner apply -e {environment}",
        )
    return run


def _notes(project: Project, environment: str, check: str) -> Iterator[str]:
    """That no gate asks for the check."""
    downstream = [e for e in project.environments.values() if environment in e.promote_from]
    asked = [name for item in downstream for name in item.gates.checks]
    if check in asked:
        return
    if not downstream:
        yield f"no environment takes releases from {environment}, so that no gate asks for {check}."
        return
    names = ", ".join(item.name for item in downstream)
    near = did_you_mean(check, asked) or (
        f"They ask for: {', '.join(dict.fromkeys(asked))}." if asked else ""
    )
    yield f"no gate of {names} asks for the check {check}. {near}".rstrip()


def _check_url(url: str) -> None:
    """A link that people may follow. WrongUsage; what is wrong is not repeated, it may be a secret."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        web = False
    if not web or not url.isprintable() or " " in url:
        raise WrongUsage("--url takes a web address, as https://ci.example/runs/12")
    if "@" in parts.netloc:
        raise WrongUsage(
            "--url holds credentials, and it is kept in the state and shown",
            advice="Give it without the part before the @.",
        )
