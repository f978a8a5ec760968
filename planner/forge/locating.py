"""Which pull request, from what the user says and what the CI says; the user's word counts. And as whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import evolve, frozen

from planner.errors import WrongUsage
from planner.forge.kind import Ci, Environ, Job, Kind, Run, Way
from planner.forge.port import Credentials, ForgeError, Target
from planner.forge.registry import ALIASES, KINDS, NAMES, job_in, running
from planner.net.address import Flaw, NoAddress, base_of
from planner.net.authorities import trusted

_AUTHORITIES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_ALLOW: Final = "PLANNER_FORGE_ALLOW_HTTP"


@frozen
class Wanted:
    """What the user says: --forge, --repo, --pr, --api-url; "" and None where nothing."""

    forge: str = ""
    repository: str = ""
    number: int | None = None
    api_url: str = ""


@frozen
class Located:
    """The pull request that is meant, or the repository for one. commit: the pull request's head as the CI
    says, "" when it does not. run: None outside a CI, and where the CI gives no number; disorder is then the
    variable that should hold it.
    """

    target: Target
    commit: str = ""
    run: Run | None = None
    disorder: str = ""


def locate(wanted: Wanted, environ: Environ, *, needs_number: bool = True) -> Located:
    """The pull request to comment on; without needs_number the repository to open one in.

    WrongUsage names everything that is missing; ForgeError for credentials and files that cannot be used.
    """
    here, job = running(environ), job_in(environ)
    ci = here.ci if here else None
    forge = _forge(wanted, job, ci)
    kind = KINDS[forge]
    ours, job = forge == job.forge, _meant(wanted, job, forge)
    api = _api(wanted.api_url or job.api or kind.public, kind, environ)
    repository, number = job.repository, job.number
    credentials = found_credentials(kind.ways, environ, is_own_ci=kind is here)
    missing = [*_missing(ci if ours else None, kind, api, repository, number or not needs_number)]
    if missing:
        raise WrongUsage(f"it is not known which {kind.facts.request} is meant", advice=" ".join(missing))
    if credentials is None:
        raise ForgeError(f"there is no token for {kind.facts.name}", advice=_how_to_give(kind))
    _check(kind, repository, number)
    names = (*_AUTHORITIES, kind.ci.authorities) if kind is here else _AUTHORITIES
    target = Target(forge, api, repository, number, credentials, trusted(names, environ, ForgeError))
    disorder = ci.sources["run"] if ci and job.run is None else ""
    return Located(target, job.commit, job.run, disorder)


def job_of(wanted: Wanted, environ: Environ) -> Job:
    """What the CI says, as far as it is about what the user means."""
    job, name = job_in(environ), wanted.forge.lower()
    return _meant(wanted, job, ALIASES.get(name, name) or job.forge)


def _meant(wanted: Wanted, job: Job, forge: str) -> Job:
    """job with the user's word for its own; without what it says of another pull request."""
    if forge != job.forge:
        return Job(forge=forge, repository=wanted.repository, number=wanted.number, run=job.run)
    repository = wanted.repository or job.repository
    same = repository.casefold() == job.repository.casefold()
    number = wanted.number or (job.number if same else None)
    if same and number == job.number:
        return evolve(job, repository=repository)
    return evolve(job, repository=repository, number=number, commit="", queued=False)


def _forge(wanted: Wanted, job: Job, ci: Ci | None) -> str:
    name = wanted.forge.lower()
    forge = ALIASES.get(name, name) or job.forge
    if forge in KINDS:
        return forge
    known = f"one of {', '.join(NAMES)}"
    if forge:
        raise WrongUsage(f"there is no forge {wanted.forge!r}", advice=f"Give --forge {known}.")
    if ci and job.elsewhere:
        raise WrongUsage(
            f"{ci.name} builds a repository of {job.elsewhere} here, and does not say all about it",
            advice=f"Give --forge ({known}), --repo and --pr.",
        )
    raise WrongUsage(
        "it is not known where the pull request is: this is no job of a CI that is known",
        advice=f"Give --forge ({known}), --repo and --pr.",
    )


def _missing(ci: Ci | None, kind: Kind, api: str, repository: str, number: object) -> Iterator[str]:
    """What to do about each thing that is not known, a sentence each."""
    wants = {
        "api": (api, f"Give --api-url, the address of {kind.facts.name}"),
        "repository": (repository, f"Give --repo ({kind.example})"),
        "number": (number, "Give --pr N"),
    }
    for name, (value, option) in wants.items():
        source = ci.sources[name] if ci else ""
        if not value:
            yield f"{option}{f'; {ci.name} does not say it in {source}' if ci and source else ''}."


def _check(kind: Kind, repository: str, number: int | None) -> None:
    if not kind.repository.fullmatch(repository) or len(repository) > 500:
        raise WrongUsage(
            f"{repository[:100]!r} is no repository of {kind.facts.name}",
            advice=f"Write it as {kind.example}.",
        )
    if number is not None and not 0 < number < 2**53:
        raise WrongUsage(f"{number} is not the number of a {kind.facts.request}", advice="Give --pr N.")


def _api(url: str, kind: Kind, environ: Environ) -> str:
    """The root of the API, "" when nothing says it."""
    if not url:
        return ""
    example = f"Write --api-url as {kind.public or 'https://host'}."
    try:
        given = base_of(url.strip())
    except NoAddress as error:
        advice = "Set the token's variable instead." if error.flaw is Flaw.CREDENTIALS else example
        raise WrongUsage(f"the address of {kind.facts.name} {error}", advice=advice) from None
    if given.in_the_clear and environ.get(_ALLOW, "").lower() != "true":
        raise ForgeError(
            f"the token would be sent unencrypted to {given.place}",
            advice=f"Use https, or set {_ALLOW}=true.",
        )
    return kind.api_root(given.url.rstrip("/")).rstrip("/")


def _how_to_give(kind: Kind) -> str:
    ways = " or ".join(way.shown for way in kind.ways if not way.own_ci)
    return f"Set {ways}. {kind.hint}"


def found_credentials(ways: Iterable[Way], environ: Environ, *, is_own_ci: bool) -> Credentials | None:
    """The credentials that the variables give; None when there are none; ForgeError for odd ones."""
    for way in ways:
        given = _given(way, environ) if is_own_ci or not way.own_ci else None
        if given is not None:
            return _checked(given)
    return None


def _given(way: Way, environ: Environ) -> Credentials | None:
    token = environ.get(way.variable, "").strip()
    username = environ.get(way.username, "").strip() if way.username else way.username
    return Credentials(token, way.shown, username) if token and (username or not way.username) else None


def _checked(given: Credentials) -> Credentials:
    """A line break would end the header, and a message about it would show the token."""
    for text in (given.token, given.username or ""):
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ForgeError(
                f"the value of {given.variables} is no token: it holds characters that none has",
                advice="Set it again, without quotes and line breaks.",
            )
    return given
