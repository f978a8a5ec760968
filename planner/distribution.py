"""The name under which this program is installed, and how to add one of its extras.

The import and the command are `planner`. The package of that name on the Python package index is somebody
else's.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

NAME: Final = "ece-planner"

PUBLISHED: Final[bool] = False
"""Whether the index has NAME from us. Until then nothing asks the index for it: a stranger could answer."""

_CREDENTIALS: Final = re.compile(r"(?<=^http://)[^/?#]*@|(?<=^https://)[^/?#]*@")


def how_to_add(extra: str) -> str:
    """The advice for somebody who lacks an extra: from where this program came, it comes too."""
    return advice(extra, _origin())


def advice(extra: str, origin: Mapping[str, Any], *, published: bool = PUBLISHED) -> str:
    """origin: what direct_url.json says (PEP 610); empty after an install from an index, or without any."""
    if not origin:
        from_index = f"pip install {shlex.quote(f'{NAME}[{extra}]')}"
        in_words = f"Install planner again from where you have it, with its extra `{extra}`."
        return from_index if published else in_words
    url = _CREDENTIALS.sub("", origin["url"])
    if origin.get("dir_info", {}).get("editable"):
        return f"pip install -e {shlex.quote(f'{unquote(urlsplit(url).path)}[{extra}]')}"
    if "vcs_info" in origin:
        url = f"{origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
    if "subdirectory" in origin:
        url += f"#subdirectory={origin['subdirectory']}"
    # without blanks, as PEP 508 allows: where a narrow terminal breaks the line, this stays whole
    return f"pip install {shlex.quote(f'{NAME}[{extra}]@{url}')}"


def _origin() -> Mapping[str, Any]:
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - only for this advice

    try:
        text = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return {}
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return found
