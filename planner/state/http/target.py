"""http(s)://host/path: where the documents are, how to lock them, and as whom.

    lock_address, unlock_address    the address itself; at GitLab <address>/lock
    lock_method, unlock_method      LOCK and UNLOCK; at GitLab POST and DELETE
    update_method                   POST

Each can be a parameter of the URL, which planner takes out, or a variable (TF_HTTP_LOCK_ADDRESS, ...), also
with the name of the environment (TF_HTTP_LOCK_ADDRESS_PROD), which wins over the URL as elsewhere.

Credentials are TF_HTTP_USERNAME and TF_HTTP_PASSWORD, likewise, or, in a job of GitLab, that job's token for
the GitLab that runs it. allow_http=true in the URL lets them travel unencrypted to other machines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

from attrs import evolve, field, frozen

from planner.errors import StateError
from planner.model.project import Given
from planner.net.address import Address, Flaw, NoAddress, address_of
from planner.net.authorities import trusted

_GITLAB: Final = re.compile(r"/api/v4/projects/[^/]+/terraform/state/[^/]+/?$")
_OPTIONS: Final = ("lock_address", "lock_method", "unlock_address", "unlock_method", "update_method")
_ALLOW: Final = "allow_http"
_SECRET: Final = re.compile(
    r"(?i)(^user(name)?|password|passwd|secret|token|(api|access)_?key|credentials?)$"
)
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_EXAMPLE: Final = "Write it as https://host/path."


@frozen
class Endpoint:
    method: str
    address: Address


@frozen
class Access:
    """Who asks. variables: where that is from. ca_file: authorities to trust, None: the usual."""

    username: str = ""
    password: str = field(default="", repr=False)
    variables: str = "TF_HTTP_USERNAME and TF_HTTP_PASSWORD"
    ca_file: str | None = None


@frozen
class HttpTarget:
    """Where a state is kept over HTTP, and how to get in. address: of the head. shown: as messages name it.
    is_gitlab: it keeps versions as GitLab does.
    """

    address: Address
    update_method: str
    lock: Endpoint
    unlock: Endpoint
    access: Access
    shown: str
    is_gitlab: bool

    def beside(self, suffix: str) -> Address:
        """The address of another document: suffix goes to the end of the path."""
        return _beside(self.address, suffix)

    def update(self, lock_id: str) -> Endpoint:
        """Where the head is written by the holder of that lock."""
        query = urlencode([*_parameters(self.address), ("ID", lock_id)])
        return Endpoint(self.update_method, evolve(self.address, query=query))


def _found(given: Given, option: str) -> str:
    return given.find(option, f"TF_HTTP_{option.upper()}")[0] or ""


def http_target(url: str, environment: str, environ: Mapping[str, str]) -> HttpTarget:
    """The target that a URL names. StateError for one that holds credentials, would send them in the clear
    or cannot be understood.
    """
    written = _understood(url, "the URL of the state")
    query = _parameters(written)
    options = {name: value for name, value in query if name in _OPTIONS and value}
    given = Given(environment, options, environ)
    allow_http = dict(query).get(_ALLOW, "").lower() == "true"
    kept = [(name, value) for name, value in query if name not in (*_OPTIONS, _ALLOW)]
    is_gitlab = _GITLAB.search(written.path) is not None  # also below a folder of the host
    path = written.path.rstrip("/") if is_gitlab else written.path
    address = evolve(written, path=path, query=urlencode(kept))
    lock, unlock = _endpoints(given, address, is_gitlab)
    asked = (address, lock.address, unlock.address)
    _check_scheme(asked, allow_http)
    return HttpTarget(
        address=address,
        update_method=_method(given, "update_method", "POST"),
        lock=lock,
        unlock=unlock,
        access=_access(given, {each.host for each in asked}),
        shown=evolve(written, query="").url,
        is_gitlab=is_gitlab,
    )


def _parameters(address: Address) -> list[tuple[str, str]]:
    return parse_qsl(address.query, keep_blank_values=True)


def _beside(address: Address, suffix: str) -> Address:
    base = address.path.rstrip("/") or "/"  # else what is beside the root would have no slash at all
    return evolve(address, path=f"{base}{suffix}")


def _endpoints(given: Given, address: Address, is_gitlab: bool) -> tuple[Endpoint, Endpoint]:
    usual = _beside(address, "/lock") if is_gitlab else address
    lock_at = _named(given, "lock_address") or usual
    unlock_at = _named(given, "unlock_address") or lock_at
    lock = _method(given, "lock_method", "POST" if is_gitlab else "LOCK")
    unlock = _method(given, "unlock_method", "DELETE" if is_gitlab else "UNLOCK")
    return Endpoint(lock, lock_at), Endpoint(unlock, unlock_at)


def _named(given: Given, option: str) -> Address | None:
    url = _found(given, option)
    return _understood(url, option) if url else None


def _method(given: Given, option: str, usual: str) -> str:
    method = (_found(given, option) or usual).upper()
    if not _METHOD.fullmatch(method):
        raise StateError(f"the {option} of the state is no HTTP method: {method!r}")
    return method


def _understood(url: str, what: str) -> Address:
    try:
        found = address_of(url)
    except NoAddress as error:
        if error.flaw is Flaw.CREDENTIALS:
            raise _with_credentials(what) from None
        raise StateError(f"{what} {error}", advice=_EXAMPLE) from None
    if any(_SECRET.search(name) for name, _ in _parameters(found)):
        raise _with_credentials(what)
    return found


def _with_credentials(what: str) -> StateError:
    return StateError(
        f"{what} holds credentials, which a file of the project must not",
        advice="Take them out, and set TF_HTTP_USERNAME and TF_HTTP_PASSWORD.",
    )


def _check_scheme(asked: Collection[Address], allow_http: bool) -> None:
    for address in asked:
        if address.in_the_clear and not allow_http:
            raise StateError(
                f"the state at {address.place} would be sent unencrypted, and the credentials with it",
                advice="Use https, or add allow_http=true to the state's URL.",
            )


def _access(given: Given, hosts: set[str]) -> Access:
    """hosts: all that the credentials would go to."""
    username, password = _found(given, "username"), _found(given, "password")
    is_own_gitlab = hosts == {(given.variable("CI_SERVER_HOST") or "").lower()}
    own = ("CI_SERVER_TLS_CA_FILE",) if is_own_gitlab else ()
    ca_file = trusted(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", *own), given.environ, StateError)
    if password and not username:
        raise StateError(
            "TF_HTTP_PASSWORD is set, TF_HTTP_USERNAME is not",
            advice="Set both. For a token of GitLab any name will do.",
        )
    if username:
        return Access(username, password, ca_file=ca_file)
    token = given.variable("CI_JOB_TOKEN")
    if is_own_gitlab and token:
        return Access("gitlab-ci-token", token, "CI_JOB_TOKEN", ca_file)
    return Access(ca_file=ca_file)
