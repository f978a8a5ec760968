from __future__ import annotations

import io
from zipfile import ZIP_STORED, ZipFile

from . import Case, zipped

GOOD = {"dictionaries/synonyms.txt": b"car, auto\n"}


class _Pipe(io.BytesIO):
    """Cannot be sought in, so that descriptors stand behind the members."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_args: int) -> int:
        raise OSError("a pipe")

    def tell(self) -> int:
        raise OSError("a pipe")


def _streamed() -> bytes:
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_STORED) as archive:
        archive.writestr("dictionaries/synonyms.txt", b"car, auto\n")
    return pipe.getvalue()


CASES = {
    "archive-unusable": Case(zipped(GOOD)[:-10], GOOD, ("",)),
    "archive-unusual": Case(_streamed(), GOOD, ("",)),
}
