"""Reading what an API has of one kind, as its file says. What a call's errors mean is said here as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from attrs import evolve, field, frozen

from planner.ece.operations import Reply, Sent
from planner.errors import ApiError, Forbidden, NotFound, NotYet, PlannerError
from planner.kinds.binding import Binding, Call, Conventions, Wait
from planner.kinds.replies import NOBODY, Parts, listed_in, observed_in, settling_in, tells
from planner.model.identity import Parent
from planner.model.kind import Kind, one
from planner.model.resource import PENDING, Observed, Request, Result, ServerTime

if TYPE_CHECKING:
    from planner.ece.client import Client


@frozen(eq=False, repr=False)
class Reader:
    """A kind at one installation, as far as it is read. kind and binding: from the kind file."""

    kind: Kind
    binding: Binding
    client: Client
    conventions: Conventions = field(factory=Conventions)

    @property
    def cloud(self) -> str:
        return self.conventions.cloud

    def server_time(self) -> ServerTime | None:
        return self.client.server_time

    def list(self, parent: Parent = ()) -> Mapping[str, Observed]:
        """The API's list operation, one call; of a kind without one a read of what is at parent."""
        below = dict(zip(self.kind.identity.parents, parent, strict=True))
        if "list" not in self.binding.calls:
            found = self.read(self.kind.identity.id_of(below))
            return {} if found is None else {found.id: found}
        try:
            reply = self.call(self.binding.calls["list"], below)
        except ApiError as error:
            if below and isinstance(error, NotFound):
                return {}
            raise self._unserved(error) from error
        return listed_in(reply, self.kind, self.binding, below, self.observe)

    def _unserved(self, error: ApiError) -> ApiError:
        """error, which a list ended with, in words for a kind that is not served at all, where it is not."""
        if error.status not in (404, 405):
            return error
        summary = f"{self.client.where} does not serve the kind {self.kind.name}: {error.summary}"
        advice = (
            "Not every version of Elastic Cloud Enterprise does: check the endpoint and its version. "
            f"Where it does not, take the {self.kind.name} resources out of this environment."
        )
        return error.said_as(ApiError, summary, advice)

    def read(self, id: str) -> Observed | None:  # noqa: A002 - the API's word
        """The API's read operation; None when the API itself says that there is none."""
        parts = self.parts_of(id)
        if "read" not in self.binding.calls:
            return self.list(tuple(parts[name] for name in self.kind.identity.parents)).get(id)
        try:
            reply = self.call(self.binding.calls["read"], parts)
        except NotFound:
            return None
        except Forbidden as error:
            if self.cloud:
                error.advice += f" {self.cloud} also says this of what is gone: plan again, which can tell."
            raise
        return self.observe(reply.body, reply, parts)

    def parts_of(self, id_: str) -> dict[str, str]:
        """The attributes in an id. PlannerError when it is none of this kind."""
        try:
            return self.kind.identity.parts_of(id_)
        except ValueError as error:
            raise PlannerError(
                f"{id_!r} is no id of {one(self.kind.name)}: {error}",
                advice="Correct it where it is written.",
            ) from None

    def observe(self, body: Any, reply: Reply, asked: Parts = NOBODY, *, shallow: bool = False) -> Observed:
        """The resource in the body of any reply, or in an item of a list. asked: what is known of its id."""
        found = observed_in(body, reply, self.kind, self.binding, asked, shallow=shallow)
        wait = self.binding.wait
        if wait is None or wait.call or not tells(body, wait):
            return found
        return evolve(found, settling=settling_in(body, wait))

    def settled(self, request: Request) -> Result:
        """One look at how far the installation is; and the resource, once it is done."""
        wait, id_ = self.binding.wait, request.id or ""
        if wait is None:
            return Result(self.read(id_))
        parts = self.parts_of(id_)
        reply = self._look(wait, parts)
        if reply and (settling := settling_in(reply.body, wait)).status:
            return Result(None, settling=settling)
        return Result(self.observe(reply.body, reply, parts) if reply and not wait.call else self.read(id_))

    def _look(self, wait: Wait, parts: Parts) -> Reply | None:
        """What tells how far the installation is. What is not there is busy with nothing."""
        try:
            return self.call(wait.call or self.binding.reading, parts)
        except NotFound:
            return None

    def refuse_busy(self, parts: Parts) -> None:
        """NotYet while the installation is busy with what has to end before a write. parts: of the id."""
        wait = self.binding.wait
        if wait is None or not wait.before:
            return
        reply = self._look(wait, parts)
        if reply and (settling := settling_in(reply.body, wait)).status == PENDING:
            name = (wait.call or self.binding.reading).operation.name
            raise NotYet(settling.reason, operation=name, status=409)

    def call(self, call: Call, parts: Parts = NOBODY, **sent: Unpack[Sent]) -> Reply:
        """One call. Error codes that say "nothing was done, try again" are tried again as the file says."""
        region = self.conventions.region
        query = {name: value.replace("{region}", region) for name, value in call.query.items()}
        sent["query"] = {**query, **(sent.get("query") or {})}
        params = {name: parts[name] for name in call.params}
        repeats = 0
        while True:
            try:
                return self.client.call(call.operation, params, **sent)
            except ApiError as error:
                facts = next((self.binding.errors[c] for c in error.codes if c in self.binding.errors), None)
                if facts is None:
                    raise
                if repeats >= facts.repeat:
                    raise facts.told(error) from error
                repeats += 1
