"""An Elastic Cloud Enterprise that runs here, over SQLite: extensions, logins, deployments and what runs in
them, and the kinds of `planner.sandbox.api`, each by a description of its own.

For trying out, for tests, and for faults that a real one shows too seldom. The same paths, fields, headers,
versions and error codes as the ECE API, bare and with `/regions/<region>`. It imports nothing else of the
project, so that client and emulator cannot share a bug.

    app = create_app("state/sandbox-dev.db")           # WSGI, in-process
    serve("state/sandbox-dev.db", port=0, ready=...)    # HTTP, from planner.sandbox.serve
    reset("state/sandbox-dev.db")

What it does not do: run Elasticsearch; `planner.sandbox.running` plays it. Of an upload it checks only that
it is a zip, and that the descriptor of a plugin names the extension's version. With `Credentials` an
extension is whose who made it. What there is before the first call is in `planner.sandbox.seed`, the grammar
of faults in `planner.sandbox.faults`, the paths under /sandbox in `planner.sandbox.control`, what an
in-process transport must expect in `planner.sandbox.fault_effects`.
"""

from planner.sandbox.app import Sandbox, create_app
from planner.sandbox.auth import Credentials
from planner.sandbox.faults import FaultRule
from planner.sandbox.faults import parse as parse_fault
from planner.sandbox.storage import SandboxError, reset

__all__ = ["Credentials", "FaultRule", "Sandbox", "SandboxError", "create_app", "parse_fault", "reset"]
