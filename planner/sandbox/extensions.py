"""The extension operations (ECE API, tag Extensions)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import field, frozen
from werkzeug.wrappers import Request, Response

from planner.sandbox import extension_table as table
from planner.sandbox.archives import Archives, Fetch, FileFacts, Incoming, assumed_facts, check_url, receive
from planner.sandbox.extension_request import ExtensionRequest, exact_version
from planner.sandbox.extension_table import Extension
from planner.sandbox.http import ApiError, Call, Route, api_error, check_version, reply, versioned
from planner.sandbox.storage import Storage

COLLECTION = "/deployments/extensions"
ITEM = "/deployments/extensions/{extension_id}"
ECE, CLOUD = "ece", "cloud"
PLATFORMS = (ECE, CLOUD)
# Larger files come by download_url only, and those end at 8 GB.
UPLOAD_LIMIT = 200 * 1024**2
DOWNLOAD_LIMIT = 8 * 1024**3


@frozen
class ExtensionsApi:
    """`fetch` is None where download URLs are accepted as fetched; `now` gives ISO 8601 texts in UTC.
    `platform` is one of PLATFORMS. `owners` tells users apart: an extension is whose who made it."""

    storage: Storage
    archives: Archives
    now: Callable[[], str]
    fetch: Fetch | None
    platform: str
    enforce_version: bool = field(kw_only=True)
    upload_limit: int = field(kw_only=True)
    owners: bool = field(kw_only=True)

    def routes(self) -> list[Route]:
        return [
            Route("GET", COLLECTION, self.list),
            Route("POST", COLLECTION, self.create, body=True),
            Route("GET", ITEM, self.get),
            Route("POST", ITEM, self.update, body=True),
            Route("PUT", ITEM, self.upload, body=True),
            Route("DELETE", ITEM, self.delete),
        ]

    def list(self, call: Call) -> Response:
        base = base_url(call.request)
        with self.storage.read() as db:
            extensions = [extension for extension in table.every(db) if self._shows(extension, call)]
        return reply({"extensions": [extension.to_json(base) for extension in extensions]})

    def create(self, call: Call) -> Response:
        if not call.user:
            raise no_user_id(404)
        wanted = ExtensionRequest.from_json(call.json())
        with self._download(wanted) as (incoming, facts):
            extension = table.made(wanted, facts, call.user, self.now())
            with self.storage.write() as db:
                while not table.insert(db, extension):
                    extension = table.made(wanted, facts, call.user, self.now())
                if incoming:
                    self.archives.keep(incoming, extension.id)
        return versioned(extension.to_json(base_url(call.request)), extension.stamp, 201)

    def get(self, call: Call) -> Response:
        with self.storage.read() as db:
            extension = self._find(db, call)
            body = extension.to_json(base_url(call.request))
            if call.flag("include_deployments"):
                body["deployments"] = [id_ for id_, _ in table.users(db, extension.url)]
        return versioned(body, extension.stamp)

    def update(self, call: Call) -> Response:
        with self.storage.read() as db:
            stored = self._own(db, call)  # one that may not be changed is not worth a body, or a download
        wanted = ExtensionRequest.from_json(call.json(), stored.extension_type)
        with self._download(wanted) as (incoming, facts), self.storage.write() as db:
            extension = self._own(db, call)
            self._check_version(call, extension)
            extension = extension.updated(wanted, facts, self.now())
            table.update(db, extension)
            self._replace(extension, incoming, facts)
        return versioned(extension.to_json(base_url(call.request)), extension.stamp)

    def upload(self, call: Call) -> Response:
        with self.storage.read() as db:
            stored = self._own(db, call)
        with self.archives.incoming(self.upload_limit) as incoming:
            receive(call.request, incoming)
            facts = incoming.facts(self.now(), exact_version(stored.extension_type, stored.version))
            with self.storage.write() as db:
                extension = self._own(db, call).uploaded(facts)
                table.update(db, extension)
                self.archives.keep(incoming, extension.id)
        return versioned(extension.to_json(base_url(call.request)), extension.stamp)

    def delete(self, call: Call) -> Response:
        with self.storage.write() as db:
            extension = self._own(db, call)
            self._check_version(call, extension)
            _check_unused(db, extension)
            table.delete(db, extension.id)
        self.archives.remove(extension.id)
        return versioned({}, extension.stamp)

    def _find(self, db: sqlite3.Connection, call: Call) -> Extension:
        extension_id = call.params["extension_id"]
        extension = table.find(db, extension_id)
        if extension is None or not self._shows(extension, call):
            raise forbidden(extension_id) if self.platform == CLOUD else not_found(extension_id)
        return extension

    def _own(self, db: sqlite3.Connection, call: Call) -> Extension:
        """One that the caller may change. Raises ApiError 401 for one of another user's."""
        if not call.user:
            raise no_user_id(401)
        extension = self._find(db, call)
        if not self._is_theirs(extension, call):
            message = f"The extension [{extension.id}] does not belong to you."
            raise api_error(401, "extensions.unauthorised", message)
        return extension

    def _shows(self, extension: Extension, call: Call) -> bool:
        """On Elastic Cloud nobody sees what is another's."""
        return self.platform != CLOUD or self._is_theirs(extension, call)

    def _is_theirs(self, extension: Extension, call: Call) -> bool:
        """What was made before owners were kept is everybody's."""
        return not self.owners or extension.owner in (None, call.user)

    @contextmanager
    def _download(self, wanted: ExtensionRequest) -> Iterator[tuple[Incoming | None, FileFacts | None]]:
        """The new archive and its facts: neither without a URL, only facts where nothing is fetched."""
        url = wanted.download_url
        if not url:
            yield None, None
            return
        check_url(url)
        if self.fetch is None:
            yield None, assumed_facts(self.now())
            return
        with self.archives.incoming(DOWNLOAD_LIMIT) as incoming:
            self.fetch(url, incoming)
            yield incoming, incoming.facts(self.now(), exact_version(wanted.extension_type, wanted.version))

    def _replace(self, extension: Extension, incoming: Incoming | None, facts: FileFacts | None) -> None:
        if incoming:
            self.archives.keep(incoming, extension.id)
        elif facts:
            self.archives.remove(extension.id)

    def _check_version(self, call: Call, extension: Extension) -> None:
        if self.enforce_version:
            check_version(call.request.args.get("version"), extension.stamp, "extensions")


def base_url(request: Request) -> str:
    return request.host_url.rstrip("/")


def not_found(extension_id: str) -> ApiError:
    return api_error(404, "extensions.not_found", f"The extension [{extension_id}] does not exist.")


def no_user_id(status: int) -> ApiError:
    message = "Your current session does not have a user id associated with it."
    return api_error(status, "extensions.no_user_id", message)


def forbidden(extension_id: str) -> ApiError:
    """What Elastic Cloud says of an extension that is gone, that never was, or that is another's."""
    resource = f"r:{COLLECTION}/{extension_id}"
    message = f"To access the resource [{resource}], the user must have the required authorization"
    return api_error(403, "root.permission_denied", message)


def _check_unused(db: sqlite3.Connection, extension: Extension) -> None:
    if names := [name for _, name in table.users(db, extension.url)]:
        raise api_error(
            400,
            "extensions.extension_in_use",
            f"Cannot delete extension [{extension.id}]. It is used by deployments [{', '.join(names)}].",
        )
