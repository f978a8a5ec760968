"""The sandbox's own paths, /sandbox/*: faults, the request log, archives, time. No login; ECE has none of
these.

GET, POST, DELETE /sandbox/faults      POST takes what `faults.from_json` takes
GET, DELETE       /sandbox/requests    {"requests": [{"time", "method", "path", "query", "status", "fault"?}]}
GET               /sandbox/files       {"files": [{"id", "size", "sha256"}]}
GET, POST         /sandbox/index       {"lags": true}; see `planner.sandbox.search`
GET               /sandbox/files/<id>?token=...    the archive, by the temporary URL of file_metadata
GET, POST         /sandbox/clock       {"now", "turned", "speed"}; POST takes {"advance": SECONDS}

Those about what runs in deployments are in `planner.sandbox.running.known`.
"""

from __future__ import annotations

from attrs import frozen
from werkzeug.wrappers import Response

from planner.sandbox.archives import Archives
from planner.sandbox.auth import same
from planner.sandbox.clock import Clock
from planner.sandbox.extensions import not_found
from planner.sandbox.fault_effects import FaultTable
from planner.sandbox.faults import from_json
from planner.sandbox.http import Call, Route, api_error, reply
from planner.sandbox.storage import RequestLog, Storage
from planner.sandbox.tables import EXTENSIONS

PREFIX = "/sandbox"


@frozen(eq=False, repr=False)
class ControlApi:
    storage: Storage
    archives: Archives
    faults: FaultTable
    log: RequestLog
    clock: Clock

    def routes(self) -> list[Route]:
        return [
            Route("GET", f"{PREFIX}/faults", self.list_faults, login=False),
            Route("POST", f"{PREFIX}/faults", self.add_faults, login=False, body=True),
            Route("DELETE", f"{PREFIX}/faults", self.clear_faults, login=False),
            Route("GET", f"{PREFIX}/requests", self.list_requests, login=False),
            Route("DELETE", f"{PREFIX}/requests", self.clear_requests, login=False),
            Route("GET", f"{PREFIX}/clock", self.time, login=False),
            Route("POST", f"{PREFIX}/clock", self.turn, login=False, body=True),
            Route("GET", f"{PREFIX}/files", self.list_files, login=False),
            Route("GET", PREFIX + "/files/{extension_id}", self.file, login=False),
        ]

    def list_faults(self, _: Call) -> Response:
        return reply({"faults": self.faults.to_json()})

    def add_faults(self, call: Call) -> Response:
        try:
            rules = from_json(call.value())
        except ValueError as error:
            raise api_error(400, "sandbox.invalid_fault", str(error)) from error
        self.faults.add(rules)
        return reply({"faults": self.faults.to_json()}, 201)

    def clear_faults(self, _: Call) -> Response:
        self.faults.clear()
        return reply({})

    def list_requests(self, _: Call) -> Response:
        return reply({"requests": self.log.entries()})

    def clear_requests(self, _: Call) -> Response:
        self.log.clear()
        return reply({})

    def time(self, _: Call) -> Response:
        return reply(self.clock.to_json())

    def turn(self, call: Call) -> Response:
        seconds = call.json().get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise api_error(400, "sandbox.invalid_turn", 'A turn is {"advance": SECONDS}.')
        try:
            self.clock.advance(seconds)
        except ValueError as error:
            raise api_error(400, "sandbox.invalid_turn", str(error)) from error
        return self.time(call)

    def list_files(self, _: Call) -> Response:
        with self.storage.read() as db:
            extensions = EXTENSIONS.every(db)
        kept = ((extension.id, extension.file) for extension in extensions if extension.file)
        files = [{"id": id_, "size": file.size, "sha256": file.sha256} for id_, file in kept]
        return reply({"files": files})

    def file(self, call: Call) -> Response:
        extension_id, token = call.params["extension_id"], call.request.args.get("token", "")
        with self.storage.read() as db:
            extension = EXTENSIONS.find(db, extension_id)
        if extension is None or extension.file is None or not same(token, extension.file.token):
            raise not_found(extension_id)
        size = [("Content-Length", str(extension.file.size))]
        return Response(self.archives.content(extension.id), 200, size, content_type="application/zip")
