"""Rejections: that a release is to be promoted to nowhere any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.promotion.actor import actor
from planner.app.promotion.records import update_log
from planner.app.promotion.release_catalogue import id_of
from planner.app.promotion.release_names import matching, unknown
from planner.app.promotion.release_reading import Logs, read_logs
from planner.config.load import choose_environment
from planner.errors import PlannerError, Refused
from planner.promote.log import Log, Rejection


@frozen
class Rejected:
    """written: the environments that were told; already: those that knew before.

    failed: environment -> why it could not be told. running: those that run the release.
    """

    release: str
    written: tuple[str, ...]
    already: tuple[str, ...]
    failed: Mapping[str, PlannerError]
    running: tuple[str, ...]


def reject(
    request: Request, caller: Caller, beginning: str, reason: str, names: Sequence[str], timeout: float
) -> Rejected:
    """Written into the log of every environment that knows the release, or of those named. Refused."""
    logs = read_logs(request, caller)
    chosen = tuple(dict.fromkeys(choose_environment(logs.project, name).name for name in names))
    release = _release(logs, beginning)
    _refuse_strangers(logs, release, chosen)
    knowing = [name for name in chosen or logs.project.environments if _may_know(logs, name, release)]
    by = actor(request.folder, request.inputs.environ)
    telling = _Telling(request, caller, release, reason, by, timeout)
    results = {name: telling.tell(name) for name in knowing}
    return Rejected(
        release=release,
        written=tuple(name for name, result in results.items() if result is True),
        already=tuple(name for name, result in results.items() if result is False),
        failed={name: result for name, result in results.items() if isinstance(result, PlannerError)},
        running=logs.running(release),
    )


def _release(logs: Logs, beginning: str) -> str:
    known = [release for name in logs.by_environment for release in logs.ids(name)]
    found = matching(beginning, known)
    if found is None:
        raise unknown(beginning, known)
    return found


def _may_know(logs: Logs, name: str, release: str) -> bool:
    return name in logs.problems or release in logs.ids(name)


def _refuse_strangers(logs: Logs, release: str, chosen: Sequence[str]) -> None:
    strangers = [name for name in chosen if not _may_know(logs, name, release)]
    if strangers:
        knowing = [name for name in logs.by_environment if release in logs.ids(name)]
        raise Refused(
            f"{' and '.join(strangers)} never heard of {release}",
            advice=f"Known in: {', '.join(knowing)}. Without -e it is rejected there.",
        )


@frozen
class _Telling:
    request: Request
    caller: Caller
    release: str
    reason: str
    by: str
    timeout: float

    def tell(self, environment: str) -> bool | PlannerError:
        """Whether it was written; False when it was there before. The error when it could not be."""
        new: list[bool] = []

        def change(log: Log, at: str) -> Log:
            if self._is_there(log) or not any(id_of(record) == self.release for record in log.records):
                return log
            new.append(True)
            return log.plus(Rejection(self.release, self.reason, self.by, at))

        try:
            update_log(self.request, environment, self.caller, "release reject", change, self.timeout)
        except PlannerError as error:
            return error
        return bool(new)

    def _is_there(self, log: Log) -> bool:
        said = log.about(Rejection, self.release)
        return any((item.reason, item.by) == (self.reason, self.by) for item in said)
