"""Why the server did not do it, in words of ours, with what to do about it."""

from __future__ import annotations

from typing import Final

from planner.errors import explaining
from planner.net.bodies import NotJSON, parsed
from planner.net.plain_text import html_words, looks_like_html, one_line, status_words
from planner.net.troubles import Look, explain

_REACH: Final = "Check the state's URL and the network, and that the server is running."
_TRUST: Final = "Name the file of its authority in REQUESTS_CA_BUNDLE."
_LOOK: Final = {
    Look.PROXY: f"{_REACH} Check HTTPS_PROXY and NO_PROXY too.",
    Look.AUTHORITY: _TRUST,
    Look.EXPIRY: f"{_TRUST} Check the clock of this machine.",
    Look.HOST_NAME: "Write the host name that the certificate names in the state's URL.",
    Look.SCHEME: "Check the port in the state's URL.",
    Look.CREDENTIALS: "Correct TF_HTTP_USERNAME and TF_HTTP_PASSWORD.",
}
_LIMIT: Final = 200


class Trouble(Exception):
    """What the server did instead, as a phrase for after a colon, and what to do about it."""

    def __init__(self, words: str, advice: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.advice = advice


class Unanswered(Trouble):
    """It may pass, and what was asked may have been done. after: seconds that the server asked to wait."""

    after: float = 0.0


explained: Final = explaining(Trouble, lambda trouble: trouble.words, lambda trouble: trouble.advice)


def of_connection(error: Exception) -> Trouble:
    """error: what a wire raised."""
    trouble = explain(error)
    advice = _LOOK.get(trouble.look, _REACH)
    if trouble.lasting and trouble.look is not Look.PATIENCE:
        return Trouble(trouble.words, advice)
    return Unanswered(trouble.words, advice)


def of_status(status: int, said: str, variables: str) -> Trouble:
    """status: one that the caller has no use for. said: by the server. variables: of the credentials."""
    words = f"the server answered {status_words(status, said)}"
    if status == 429 or status >= 500:
        return Unanswered(words, _STATUSES.get(status, _SERVER))
    if status == 401:
        return Trouble(words, f"Set {variables}, or correct them.")
    if status == 403:
        return Trouble(words, f"{variables} may not do this. At GitLab writing takes a Maintainer.")
    return Trouble(words, _STATUSES.get(status, ""))


_SERVER: Final = (
    "Try again later. GitLab answers 500 also when the lock was taken away: see `planner lock show`."
)
_STATUSES: Final = {
    404: _REACH,
    405: "Check the state's URL and its update_method.",
    413: "Let the server take larger documents: max_terraform_state_size_bytes of GitLab, "
    "client_max_body_size of nginx.",
    429: "Try again later.",
    501: "Check the state's URL and its update_method.",
    507: "Free some space on the server and run the command again.",
}


def said_in(body: bytes) -> str:
    """What a reply says, for people: one short line, "" when it says nothing."""
    text = body[:50_000].decode(errors="replace")
    if looks_like_html(text):
        return html_words(text)
    try:
        data = parsed(body)
    except NotJSON:
        return one_line(text, _LIMIT)
    found = (data.get("message") or data.get("error")) if isinstance(data, dict) else data
    return one_line(str(found)[:50_000], _LIMIT) if found else ""
