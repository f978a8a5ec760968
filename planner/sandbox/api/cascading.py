"""What the security deployment follows; no kind of its own."""

from __future__ import annotations

from werkzeug.wrappers import Response

from planner.sandbox import described, objects


class Turn(described.Turn):
    """A write gives the security deployment a plan, unless it says otherwise, and then is refused while that
    has one. The plan is not seen here: it ends at once."""

    def put(self) -> Response:
        if not self.call.request.args.get("version", "0").isdecimal():
            raise self.refusal("no_version")
        security = objects.find(self.db, "security_deployment", "", "")
        pending = security is not None and security.body["has_pending_plan"]
        if pending and not self.call.flag("skip_cascading_operations"):
            raise self.refusal("pending")
        return super().put()
