"""Sizes: the limit of Elastic Cloud Enterprise, and sizes as people read them."""

from typing import Final

# The documentation says "200 MB"; taken as binary units, so that no file the API takes is refused.
UPLOAD_LIMIT: Final = 200 * 1024 * 1024


def human(size: int) -> str:
    """Bytes as text, in binary units: 512 B, 12.1 KiB, 200 MiB, 8 GiB."""
    number, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"
