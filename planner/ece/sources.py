"""Where a setting comes from.

The variable with the environment's name (EC_ENDPOINT_PROD) wins over planner.yaml, and planner.yaml over the
plain variable (EC_ENDPOINT), which may be meant for another environment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from attrs import frozen

from planner.errors import PlannerError


@frozen
class Source:
    """The three places of a setting, in their order."""

    environment: str
    options: Mapping[str, Any]
    environ: Mapping[str, str]

    def named(self, variable: str) -> str:
        return f"{variable}_{re.sub('[^A-Z0-9]', '_', self.environment.upper())}"

    def variable(self, name: str) -> str | None:
        """An empty variable counts as none: it is how a shell or a CI job switches one off."""
        return self.environ.get(name, "").strip() or None

    def find(self, option: str, *variables: str) -> tuple[Any, str]:
        """(value, where it is from) of a setting, (None, "") when it is nowhere."""
        for name in map(self.named, variables):
            if (value := self.variable(name)) is not None:
                return value, name
        if self.options.get(option) is not None:
            return self.options[option], f"environments.{self.environment}.{option} in planner.yaml"
        for name in variables:
            if (value := self.variable(name)) is not None:
                return value, name
        return None, ""

    def text(self, option: str, *variables: str) -> str | None:
        value, where = self.find(option, *variables)
        if value is None or isinstance(value, str):
            return value
        raise PlannerError(f"{where} is {value!r}, not a text", advice="Put it in quotes.")

    def choice(self, option: str, words: Collection[str]) -> str | None:
        """One of words, from planner.yaml."""
        word = self.text(option)
        if word is None or word in words:
            return word
        raise PlannerError(
            f"environments.{self.environment}.{option} in planner.yaml is {word!r}",
            advice=f"Write one of {', '.join(words)}.",
        )

    def truth(self, option: str, *variables: str) -> bool:
        value, where = self.find(option, *variables)
        if value is None or isinstance(value, bool):
            return bool(value)
        word = str(value).lower()
        if word not in _TRUTHS:
            raise PlannerError(f"{where} is {value!r}", advice="Write true or false.")
        return _TRUTHS[word]

    def seconds(self, option: str, *variables: str) -> float | None:
        value, where = self.find(option, *variables)
        if value is None:
            return None
        seconds = _duration(value)
        if seconds is None:
            raise PlannerError(
                f"{where} is {value!r}, not a time", advice="Write seconds, or a time as 90s, 2m or 1m30s."
            )
        return seconds


_TRUTHS: Final = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(
    ("false", "no", "off", "0"), False
)
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)


def _duration(value: Any) -> float | None:
    """Seconds of a number or of a text as "90", "90s", "1m30s" or "1h"; None for anything else, and for 0."""
    match = None if isinstance(value, bool) else _DURATION.fullmatch(str(value).strip())
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds or None
