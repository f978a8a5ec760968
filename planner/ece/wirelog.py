"""Requests and replies on the logger planner.ece: one line each at DEBUG, their bodies at TRACE."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from typing import Final

from attrs import frozen

from planner.ece.operations import Message
from planner.ece.redaction import body_for_log, redact
from planner.ece.verdicts import Circumstances
from planner.net.plain_text import one_line
from planner.net.wire import Received

TRACE: Final = 5


@frozen
class WireLog:
    """Never shows Authorization, tokens, passwords or the queries of URLs: see planner.ece.redaction.

    hidden: the names of more fields whose values are not shown.
    """

    log: logging.Logger
    hidden: Callable[[], Collection[str]] = frozenset

    def request(self, message: Message, at: Circumstances) -> float:
        """Returns the time of the start, for the other two."""
        if self.log.isEnabledFor(logging.DEBUG):
            self.log.debug("> %s, attempt %d", _line(message, at), at.attempt)
        if self.log.isEnabledFor(TRACE):
            body = "(upload)" if message.upload else body_for_log(message.body, at.secrets, self.hidden())
            self.log.log(TRACE, "> %s", body)
        return time.perf_counter()

    def reply(self, message: Message, at: Circumstances, received: Received, start: float) -> None:
        self.ended(message, at, str(received.status), start)
        if self.log.isEnabledFor(TRACE):
            self.log.log(TRACE, "< %s", body_for_log(received.content, at.secrets, self.hidden()))

    def ended(self, message: Message, at: Circumstances, words: str, start: float) -> None:
        """Without a reply: words say why."""
        if self.log.isEnabledFor(logging.DEBUG):
            line, spent = _line(message, at), (time.perf_counter() - start) * 1000
            said = redact(words, at.secrets)
            self.log.debug("< %s, attempt %d: %s in %.1f ms", line, at.attempt, said, spent)

    def pause(self, message: Message, seconds: float) -> None:
        self.log.debug("%s: again in %.2f s", message.operation.name, seconds)


def _line(message: Message, at: Circumstances) -> str:
    return one_line(redact(f"{message.operation.method} {message.path}", at.secrets))
