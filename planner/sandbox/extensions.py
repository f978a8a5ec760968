"""The extension operations, and what they take (ECE API, tag Extensions)."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import asdict, evolve, field, frozen
from attrs.filters import exclude
from werkzeug.wrappers import Response

from planner.sandbox.archives import Archives, Fetch, FileFacts, Incoming, assumed_facts, check_url, receive
from planner.sandbox.http import ApiError, Call, Family, Problem, Route, Stamp, api_error, reply, versioned
from planner.sandbox.storage import Storage
from planner.sandbox.tables import EXTENSIONS, Extension, users

COLLECTION = "/deployments/extensions"
ITEM = "/deployments/extensions/{extension_id}"
ECE, CLOUD = "ece", "cloud"
PLATFORMS = (ECE, CLOUD)
# Larger files come by download_url only, and those end at 8 GB.
UPLOAD_LIMIT = 200 * 1024**2
DOWNLOAD_LIMIT = 8 * 1024**3
NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
EXACT = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[A-Za-z0-9.]+)?", re.ASCII)
TYPES = ("plugin", "bundle")
FIELDS = ("name", "extension_type", "version", "description", "download_url")
REQUIRED = ("name", "extension_type", "version")
CONFLICT = "extensions.version_conflict"
FAMILY = Family(
    {
        "version-conflict": (409, CONFLICT, "The version you sent does not match the persisted version."),
        "id-exists": (
            409,
            "extensions.id_already_exists",
            "An extension already exists with the generated id. Please try again.",
        ),
    },
    COLLECTION,
    "extensions",
)


@frozen
class ExtensionRequest:
    """Create and update take the same fields; a null is a field left out, an unknown field is ignored."""

    name: str
    extension_type: str
    version: str
    description: str | None = None
    download_url: str | None = None

    @classmethod
    def from_json(cls, body: Mapping[str, Any], stored_type: str | None = None) -> ExtensionRequest:
        """An update keeps the stored type, whatever it sends. Raises ApiError 400 with one element for each
        thing wrong."""
        values = {key: body[key] for key in FIELDS if body.get(key) is not None}
        if problems := _problems(values, stored_type or values.get("extension_type")):
            raise ApiError(400, *problems)
        return cls(**values | ({"extension_type": stored_type} if stored_type else {}))


def exact_version(extension_type: str, version: str) -> str | None:
    """What the descriptor of a plugin has to name; None for a bundle, which has no descriptor."""
    return version if extension_type == "plugin" else None


def _problems(values: dict[str, Any], type_: Any) -> list[Problem]:
    messages = {key: f"Missing required field [{key}]." for key in REQUIRED if not values.get(key)}
    for key, value in values.items():
        if message := _complaint(key, value):
            messages.setdefault(key, message)
    if type_ == "plugin" and "version" not in messages and not EXACT.fullmatch(values["version"]):
        messages["version"] = f"The version of a plugin must be exact, as 8.15.3, not [{values['version']}]."
    return [Problem("extensions.request_execution_failed", text, (key,)) for key, text in messages.items()]


def _complaint(key: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return f"Field [{key}] must be a string."
    if key == "name" and not NAME.fullmatch(value):
        return "Extension name: only ASCII alphanumeric and [_.-] characters are allowed."
    if key == "extension_type" and value not in TYPES:
        return f"Unknown extension type [{value}], expected one of [{', '.join(TYPES)}]."
    return None


@frozen(eq=False, repr=False)
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
            Route("GET", COLLECTION, self.list, family=FAMILY),
            Route("POST", COLLECTION, self.create, body=True, family=FAMILY),
            Route("GET", ITEM, self.get, family=FAMILY),
            Route("POST", ITEM, self.update, body=True, family=FAMILY),
            Route("PUT", ITEM, self.upload, body=True, family=FAMILY),
            Route("DELETE", ITEM, self.delete, family=FAMILY),
        ]

    def list(self, call: Call) -> Response:
        with self.storage.read() as db:
            extensions = [extension for extension in EXTENSIONS.every(db) if self._shows(extension, call)]
        return reply({"extensions": [_shown(extension, call) for extension in extensions]})

    def create(self, call: Call) -> Response:
        if not call.user:
            raise no_user_id(404)
        wanted = ExtensionRequest.from_json(call.json())
        with self._download(wanted) as (incoming, facts):
            extension = _made(wanted, facts, call.user, self.now())
            with self.storage.write() as db:
                while not EXTENSIONS.insert(db, extension):
                    extension = _made(wanted, facts, call.user, self.now())
                if facts:
                    self.archives.keep(incoming, extension.id)
        return versioned(_shown(extension, call), extension.stamp, 201)

    def get(self, call: Call) -> Response:
        with self.storage.read() as db:
            extension = self._find(db, call)
            body = _shown(extension, call)
            if call.flag("include_deployments"):
                body["deployments"] = [id_ for id_, _ in users(db, extension.url)]
        return versioned(body, extension.stamp)

    def update(self, call: Call) -> Response:
        with self.storage.read() as db:
            stored = self._own(db, call)  # one that may not be changed is not worth a body, or a download
        wanted = ExtensionRequest.from_json(call.json(), stored.extension_type)
        with self._download(wanted) as (incoming, facts), self.storage.write() as db:
            extension = self._own(db, call)
            self._check_version(call, extension)
            extension = _updated(extension, wanted, facts, self.now())
            EXTENSIONS.update(db, extension)
            if facts:
                self.archives.keep(incoming, extension.id)
        return versioned(_shown(extension, call), extension.stamp)

    def upload(self, call: Call) -> Response:
        with self.storage.read() as db:
            stored = self._own(db, call)
        with self.archives.incoming(self.upload_limit) as incoming:
            receive(call.request, incoming)
            facts = incoming.facts(self.now(), exact_version(stored.extension_type, stored.version))
            with self.storage.write() as db:
                before = self._own(db, call)
                extension = evolve(before, file=facts, stamp=before.stamp.written(facts.modified))
                EXTENSIONS.update(db, extension)
                self.archives.keep(incoming, extension.id)
        return versioned(_shown(extension, call), extension.stamp)

    def delete(self, call: Call) -> Response:
        with self.storage.write() as db:
            extension = self._own(db, call)
            self._check_version(call, extension)
            _check_unused(db, extension)
            EXTENSIONS.delete(db, extension)
        self.archives.remove(extension.id)
        return versioned({}, extension.stamp)

    def _find(self, db: sqlite3.Connection, call: Call) -> Extension:
        extension_id = call.params["extension_id"]
        extension = EXTENSIONS.find(db, extension_id)
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

    def _check_version(self, call: Call, extension: Extension) -> None:
        if self.enforce_version:
            call.check_version(extension.stamp, CONFLICT)


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
    if names := [name for _, name in users(db, extension.url)]:
        raise api_error(
            400,
            "extensions.extension_in_use",
            f"Cannot delete extension [{extension.id}]. It is used by deployments [{', '.join(names)}].",
        )


def _made(wanted: ExtensionRequest, file: FileFacts | None, owner: str, now: str) -> Extension:
    id_ = str(10**9 + secrets.randbelow(9 * 10**9))
    return Extension(id_, **asdict(wanted), owner=owner, stamp=Stamp(1, now, now), file=file)


def _updated(before: Extension, wanted: ExtensionRequest, file: FileFacts | None, now: str) -> Extension:
    """The type stays, a description left out is cleared, the file stays unless there is a new one."""
    told = asdict(wanted) | {"download_url": wanted.download_url or before.download_url}
    return evolve(before, **told, file=file or before.file, stamp=before.stamp.written(now))


def _shown(extension: Extension, call: Call) -> dict[str, object]:
    """ECE API, Extension; the file by the address that the client reaches this server by."""
    file, base = extension.file, call.request.host_url
    metadata = file and {
        "last_modified_date": file.modified,
        "size": file.size,
        "url": f"{base}sandbox/files/{extension.id}?token={file.token}",
    }
    body = {**asdict(extension, filter=_SHOWN), "url": extension.url, "file_metadata": metadata}
    return {key: value for key, value in body.items() if value is not None}


_SHOWN = exclude("owner", "stamp", "file")
