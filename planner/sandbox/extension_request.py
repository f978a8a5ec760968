"""What a client may send to create or update an extension, checked (ECE API, CreateExtensionRequest)."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from planner.sandbox.http import ApiError, Problem

NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
EXACT = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[A-Za-z0-9.]+)?", re.ASCII)
TYPES = ("plugin", "bundle")
FIELDS = ("name", "extension_type", "version", "description", "download_url")
REQUIRED = ("name", "extension_type", "version")


@frozen
class ExtensionRequest:
    """Create and update take the same fields; a null is a field left out, an unknown field is ignored."""

    name: str
    extension_type: str
    version: str
    description: str | None = None
    download_url: str | None = None

    @classmethod
    def from_json(cls, body: dict[str, Any], stored_type: str | None = None) -> ExtensionRequest:
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
    return [
        Problem("extensions.request_execution_failed", message, (key,)) for key, message in messages.items()
    ]


def _complaint(key: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return f"Field [{key}] must be a string."
    if key == "name" and not NAME.fullmatch(value):
        return "Extension name: only ASCII alphanumeric and [_.-] characters are allowed."
    if key == "extension_type" and value not in TYPES:
        return f"Unknown extension type [{value}], expected one of [{', '.join(TYPES)}]."
    return None
