"""The WSGI app: fault, login, handler, log, in that order; and the place where all of it is put together."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict, Unpack

from attrs import frozen
from werkzeug.wrappers import Request, Response

from planner.sandbox import fault_effects, faults, objects
from planner.sandbox.archives import Archives, fetch_url
from planner.sandbox.auth import TOKEN_LIFETIME, AuthApi, Credentials
from planner.sandbox.clock import Clock
from planner.sandbox.control import PREFIX, ControlApi
from planner.sandbox.extensions import CLOUD, ECE, PLATFORMS, UPLOAD_LIMIT, ExtensionsApi
from planner.sandbox.fault_effects import FaultTable
from planner.sandbox.faults import FaultRule
from planner.sandbox.http import (
    ApiError,
    Call,
    Family,
    Mark,
    Route,
    Router,
    api_error,
    is_true,
    operation_path,
)
from planner.sandbox.installation import Installation
from planner.sandbox.storage import Entry, RequestLog, SandboxError, Storage

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from planner.sandbox.index import Index

logger = logging.getLogger("planner.sandbox")

_GLANCE: Final = 0.01
"""Seconds between two looks whether a fault is still set."""


class Options(TypedDict, total=False):
    """What a sandbox may be told by keyword.

    `fetch` downloads a download_url for real, `enforce_version` compares `?version=` of updates and deletes
    of extensions, `platform` is "ece", as when it is left out, or "cloud": on Elastic Cloud what is gone, or
    another's, is forbidden, and a plan names extensions of its own only. `credentials` checks who calls, and
    tells users apart. `mask_secrets` masks those that other kinds show. `seed` is what there is before the
    first call, as `planner.sandbox.seed` tells it. `index_lags`: searches find what there was when it was
    opened, until `planner.sandbox.search` is told otherwise. `upload_limit` is in bytes. `clock` gives aware
    datetimes, those of the machine if left out; at a `speed` of 60 what takes a minute takes a second.
    `sleep` takes seconds.
    """

    fetch: bool
    enforce_version: bool
    platform: str
    credentials: Credentials | None
    faults: Iterable[str | FaultRule]
    clock: Callable[[], datetime]
    speed: float
    token_lifetime: timedelta
    upload_limit: int
    mask_secrets: bool
    seed: Mapping[str, Any]
    index_lags: bool
    sleep: Callable[[float], None]


class _BodyWanted(Exception):
    """Somebody reads the body of a request of which only the headers are here."""


class _Asked(io.RawIOBase):
    def readinto(self, _buffer: Any) -> int:
        raise _BodyWanted


@frozen(eq=False, repr=False)
class Sandbox:
    """An embedded ECE. Call it from several threads at once; `close` it, or use it as a context manager.

    Raises ConnectionResetError, and nothing else, where a fault breaks the connection, or once it is closed.
    `clock.advance` lets time pass in it.
    """

    clock: Clock
    _at: Installation
    _auth: AuthApi
    _router: Router
    _faults: FaultTable
    _log: RequestLog
    _sleep: Callable[[float], None]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        path = operation_path(request.path)
        if path is not None and path.startswith(PREFIX):
            return self._answer(request, path)(environ, start_response)
        return self._logged(request, path)(environ, start_response)

    def _logged(self, request: Request, path: str | None) -> Response:
        """The status of a request whose connection a fault broke is null."""
        entry = Entry(
            time=self.clock.now(),
            method=request.method,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            status=None,
        )
        try:
            response = self._kept(request, partial(self._faulty, request, path, entry))
            entry["status"] = response.status_code
            response.date = self.clock()
            return response
        finally:
            self._log.append(entry)

    def _faulty(self, request: Request, path: str | None, entry: Entry) -> Response:
        asks = is_true(request, "validate_only")
        picked = self._faults.pick(request.method, path or request.path, request.mimetype, asks=asks)
        answer = partial(self._answer, request, path, tuple(rule.mark for rule in picked if rule.is_played))
        for rule in picked:
            entry["fault"] = rule.spec
            if not rule.passes:
                look = partial(self._look, request)
                return fault_effects.apply(rule, request, answer, look, self._family(request, path))
            if not rule.is_played:
                self._pass(rule)
        return answer()

    def _family(self, request: Request, path: str | None) -> Family:
        route = self._router.at(path, api=True).of(request.method)
        return route.family if route else Family()

    def _look(self, request: Request, path: str) -> Response:
        environ = {**request.environ, "REQUEST_METHOD": "GET", "PATH_INFO": path}
        return self._answer(Request(environ), path)

    def _pass(self, rule: FaultRule) -> None:
        self._sleep(rule.argument or 0)
        while rule.effect == "hold" and self._faults.is_set(rule):
            self._sleep(_GLANCE)

    def _answer(self, request: Request, path: str | None, marks: tuple[Mark, ...] = ()) -> Response:
        return self._kept(request, partial(self._handle, request, path, marks))

    def _kept(self, request: Request, work: Callable[[], Response]) -> Response:
        """Whatever work raises is an answer, but a connection that is to break."""
        try:
            return work()
        except ApiError as error:
            return error.reply()
        except ConnectionResetError:
            raise
        except SandboxError as error:
            return api_error(500, "root.internal_server_error", str(error)).reply()
        except Exception:  # the last resort of a server: a client gets JSON, the log gets the traceback
            logger.exception("%s %s failed", request.method, request.path)
            return api_error(500, "root.internal_server_error", "The sandbox failed; see its log.").reply()

    def _handle(self, request: Request, path: str | None, marks: tuple[Mark, ...] = ()) -> Response:
        """Who calls comes first: a stranger hears nothing of what there is."""
        there = self._router.at(path, api=request.path.startswith("/api"))
        user = self._auth.identify(request) if there.login else ""
        handler = there.route(request.method).handler
        self._catch_up()
        return handler(Call(request, there.params, user, marks))

    def _catch_up(self) -> None:
        """What happens in time has happened, before anybody looks or changes what it is made of."""
        with self._at.storage.read() as db:
            if not objects.is_due(db, self.clock.now()):
                return
        from planner.sandbox.running.course import Course  # noqa: PLC0415 - few requests have it run

        with self._at.storage.write() as db:
            Course(db, self.clock, self._at.archives).catch_up()

    def wants_body(self, environ: WSGIEnvironment) -> bool:
        """Whether it would read the body of this request, as far as the headers tell. Nothing happens by it:
        a handler that takes a body changes nothing before it did."""
        request = Request({**environ, "wsgi.input": _Asked()})
        path = operation_path(request.path)
        route = self._router.at(path, api=True).of(request.method)
        if route is not None and not route.body:
            return True
        try:
            self._handle(request, path)
        except ApiError:
            return False
        except Exception:  # noqa: BLE001 - _BodyWanted, or what the request itself will come upon
            return True
        return True

    def close(self) -> None:
        """Ends its use of the data; the app answers no request after it."""
        self._log.close()
        self._at.storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _others(at: Installation) -> Iterator[Route]:
    """Most who call ask for extensions only, and begin sooner without the rest."""
    from planner.sandbox.deployments import DeploymentsApi  # noqa: PLC0415 - see above
    from planner.sandbox.moving import MovingApi  # noqa: PLC0415 - see above
    from planner.sandbox.running.commands import CommandsApi  # noqa: PLC0415 - see above
    from planner.sandbox.running.known import KnownApi  # noqa: PLC0415 - see above
    from planner.sandbox.running.proxy import ProxyApi  # noqa: PLC0415 - see above
    from planner.sandbox.search import SearchApi  # noqa: PLC0415 - see above
    from planner.sandbox.seed import prepare, prepared_routes  # noqa: PLC0415 - see above

    yield from DeploymentsApi(at, partial(prepare, at)).routes()
    yield from CommandsApi(at).routes()
    yield from KnownApi(at).routes()
    yield from ProxyApi(at).routes()
    yield from SearchApi(_index(at)).routes()
    yield from MovingApi(at).routes()
    yield from prepared_routes(at)


def _index(at: Installation) -> Index:
    from planner.sandbox.deployment_shown import Shown  # noqa: PLC0415 - see _others
    from planner.sandbox.index import Index  # noqa: PLC0415 - see _others

    return Index(at, lambda db, deployment: Shown(db, at.now()).deployment(deployment))


def _plant(sandbox: Sandbox, at: Installation, seed: Mapping[str, Any]) -> None:
    from planner.sandbox.seed import plant  # noqa: PLC0415 - see _others

    try:
        plant(at, seed)
    except BaseException:
        sandbox.close()
        raise


def create_app(data: str | Path, **options: Unpack[Options]) -> Sandbox:
    """An embedded ECE over `data`: a SQLite file, made with its folders where it is missing, or ":memory:".

    Raises ValueError for another platform, a speed that is none and a fault that does not parse, and
    SandboxError for a file that is something else, and SeedError, which is one, for a seed that cannot be
    planted.
    """
    if unknown := options.keys() - Options.__annotations__.keys():
        raise TypeError(f"a sandbox has no option {', '.join(sorted(unknown))}")
    rules = [faults.parse(spec) if isinstance(spec, str) else spec for spec in options.get("faults", ())]
    platform, credentials = options.get("platform", ECE), options.get("credentials")
    if platform not in PLATFORMS:
        raise ValueError(f"platform {platform!r} is none of {', '.join(PLATFORMS)}")
    speed = options.get("speed", 1.0)
    if not 0 < speed < float("inf"):
        raise ValueError(f"speed {speed} is none: it is a number above 0")
    storage = Storage(data)
    clock = Clock(storage, options.get("clock", partial(datetime.now, UTC)), speed)
    archives, log = Archives(storage.folder), RequestLog(storage.folder)
    fault_table = FaultTable(storage, rules)
    auth = AuthApi(storage, clock, credentials, options.get("token_lifetime", TOKEN_LIFETIME))
    extensions = ExtensionsApi(
        storage,
        archives,
        clock.now,
        fetch_url if options.get("fetch") else None,
        platform,
        enforce_version=options.get("enforce_version", False),
        upload_limit=options.get("upload_limit", UPLOAD_LIMIT),
        owners=credentials is not None,
    )
    control = ControlApi(storage, archives, fault_table, log, clock)
    parts = (extensions, auth, control)
    installation = Installation(
        storage, clock, archives, platform == CLOUD, options.get("mask_secrets", False)
    )
    router = Router((route for part in parts for route in part.routes()), partial(_others, installation))
    sandbox = Sandbox(clock, installation, auth, router, fault_table, log, options.get("sleep", time.sleep))
    if options.get("seed"):
        _plant(sandbox, installation, options["seed"])
    if options.get("index_lags"):
        with storage.write() as db:
            _index(installation).lag(db)
    return sandbox
