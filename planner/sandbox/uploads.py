"""The body of an upload, in chunks, from either encoding (ECE API, upload-extension).

Multipart: the part named `file`, with any filename or none; other parts are read over. Raw: application/zip
or application/octet-stream. A body without Content-Length is read to its end where the server marks the end
itself (`wsgi.input_terminated`), as waitress does for chunked requests.
"""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData
from werkzeug.wrappers import Request

from planner.sandbox.archives import CHUNK, Incoming, refused

RAW_TYPES = ("application/zip", "application/octet-stream", "application/x-zip-compressed")


def receive(request: Request, incoming: Incoming) -> None:
    """Write the archive of the request to `incoming`. Raises ApiError 400 for none or half of one, and before
    anything is read for one that says it is too large."""
    if request.mimetype in RAW_TYPES:
        incoming.check_size(request.content_length or 0)
    found = False
    try:
        for chunk in _archive_chunks(request):
            found = True
            incoming.write(chunk)
    except (ValueError, ClientDisconnected, RequestEntityTooLarge) as error:
        raise refused(
            "Could not accept the extensions file: the request body is incomplete.", "file"
        ) from error
    if not found:
        raise refused("Could not accept the extensions file: no part named [file] in the request.", "file")


def _archive_chunks(request: Request) -> Iterator[bytes]:
    if request.mimetype == "multipart/form-data":
        return _file_part(request, request.mimetype_params.get("boundary", ""))
    if request.mimetype in RAW_TYPES:
        return _body_chunks(request)
    raise refused(
        f"Could not accept the extensions file: unsupported content type [{request.mimetype}].", "file"
    )


def _body_chunks(request: Request) -> Iterator[bytes]:
    while chunk := request.stream.read(CHUNK):
        yield chunk


def _file_part(request: Request, boundary: str) -> Iterator[bytes]:
    if not boundary:
        raise ValueError("no boundary")
    decoder = MultipartDecoder(boundary.encode())
    wanted = False
    for chunk in _uncut(_body_chunks(request), len(boundary)):
        decoder.receive_data(chunk)
        while not isinstance(event := decoder.next_event(), NeedData):
            if isinstance(event, Epilogue):
                return
            if isinstance(event, File | Field):
                wanted = event.name == "file"
            elif isinstance(event, Data) and wanted:
                yield event.data


def _uncut(chunks: Iterator[bytes], boundary: int) -> Iterator[bytes | None]:
    """chunks, cut anew so that no end of a part lies across two, and None for the end.

    Where a chunk ends within a boundary, some versions of werkzeug (3.1.7 to 3.1.9, perhaps later ones) take
    the line end before it for content: the archive would have a byte too many.
    """
    kept, longest = b"", len("\r\n----\r\n") + boundary
    for chunk in chunks:
        data = kept + chunk
        cut = data.find(b"\r", max(0, len(data) - longest))
        kept = data[cut:] if cut >= 0 else b""
        yield data[: len(data) - len(kept)]
    yield kept
    yield None
