"""The file or folder of authorities to trust that a user names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def trusted(
    names: tuple[str, ...], environ: Mapping[str, str], refusal: Callable[..., Exception]
) -> str | None:
    """The file that the first of these variables names, None for the usual ones. refusal: for a wrong one."""
    for name in names:
        path = environ.get(name, "").strip()
        if path:
            if flaw := flaw_of(Path(path)):
                raise refusal(f"the CA file {path} {flaw}", advice=f"Correct {name}.")
            return path
    return None
