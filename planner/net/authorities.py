"""The file or folder of authorities to trust that a user names."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR, S_ISREG


def flaw_of(path: Path) -> str:
    """What is wrong with it, as words that follow its name, or "". A pipe would be waited for, if loaded."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "does not exist"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return "" if S_ISREG(mode) or S_ISDIR(mode) else "is neither a file nor a folder"
