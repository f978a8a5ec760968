"""The requests that planner makes of a bucket. Each fails with one of `client.FAILURES`."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import uuid4

from attrs import define, field, frozen
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from planner.errors import StateError
from planner.net.dates import http_date
from planner.state.backend import Pace, keep_trying
from planner.state.locks import TIMING, Timing
from planner.state.s3.client import AT_ONCE, FAILURES, connect, is_absent, is_passing, is_refusal, is_unable
from planner.state.s3.target import S3Target

T = TypeVar("T")

NOTHING: Final = "*"
"""For `Bucket.put`: in place of an ETag, that there is no such object yet."""

_ATTEMPTS: Final = 10
"""How often a write starts again from what there is then, after somebody else was faster."""

_MOST_PAGES: Final = 1000
"""Of a listing, of a thousand objects each where the server does as others."""

_WRITE: Final = "write"
_NO_ETAG: Final = '"00000000000000000000000000000000"'
_PROBE: Final = b"Written to see whether the server honours If-None-Match and If-Match.\n"


class Changed(Exception):
    """The object is not the one that the write was for."""


def until_it_stands(write: Callable[[], T], shown: str, doing: str) -> T:
    """write(), again from what there is then when it was `Changed`. StateError when that does not end."""
    for _ in range(_ATTEMPTS):
        with suppress(Changed):
            return write()
    raise StateError(f"{shown} changes faster than it can be {doing}")


@frozen
class Found:
    """An object. name: what follows the prefix, in a listing. etag: as a condition takes it. size: bytes.

    modified: when it was written. read: when the server sent it, None: it did not say; both by its clock.
    body, notes: what was written, and what with it; a listing has neither.
    """

    name: str
    size: int
    etag: str
    modified: datetime
    read: datetime | None
    body: bytes
    notes: Mapping[str, str]

    @property
    def age(self) -> float | None:
        """Seconds since it was written, to the second; None when that is not known."""
        return None if self.read is None else (self.read - self.modified).total_seconds()


@define(eq=False)
class Bucket:
    """Connects when it is first used. What did not get through is sent again, once the server was reached.

    timeout: seconds to wait for one answer.
    """

    _target: S3Target
    _timeout: float
    _pace: Pace
    _timing: Timing = TIMING
    _connected: Any = field(default=None, init=False)
    _reached: bool = field(default=False, init=False)

    @property
    def _client(self) -> Any:
        if self._connected is None:
            self._connected = connect(self._target, self._timeout)
        return self._connected

    @property
    def endpoint(self) -> str:
        return str(self._client.meta.endpoint_url)

    def _ask(self, work: Callable[[Any], T]) -> T:
        done = keep_trying(lambda: _understood(work, self._client), self._may_pass, self._pace, self._timing)
        self._reached = True
        return done

    def _may_pass(self, error: Exception) -> bool:
        self._reached = self._reached or isinstance(error, ClientError)
        return self._reached and is_passing(error)

    def _find(self, operation: Callable[[Any], Callable[..., Any]], key: str) -> Found | None:
        """The object; None when there is no such object."""

        def read(client: Any) -> Found:
            reply = operation(client)(Bucket=self._target.bucket, Key=key)
            body = reply["Body"].read() if "Body" in reply else b""
            return _found(reply, reply["ContentLength"], _date_of(reply), body=body)

        try:
            return self._ask(read)
        except ClientError as error:
            if is_absent(error):
                return None
            raise

    def get(self, key: str) -> Found | None:
        return self._find(lambda client: client.get_object, key)

    def look(self, key: str) -> Found | None:
        """Get, as `get` does, without the body."""
        return self._find(lambda client: client.head_object, key)

    def get_all(self, keys: Sequence[str]) -> list[Found | None]:
        """Get, as `get` does, several at a time."""
        if len(keys) < 2:
            return [self.get(key) for key in keys]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.get, keys))

    def listing(self, prefix: str) -> list[Found]:
        """All whose keys begin with prefix, in the order of their names."""
        found: list[Found] = []
        more: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            listed, following = self._page(prefix, more)
            found += listed
            if not following:
                return sorted(found, key=lambda item: item.name)
            if following == more:
                break
            more = following
        raise ResponseParserError("the listing does not end")

    def _page(self, prefix: str, more: Mapping[str, str]) -> tuple[list[Found], dict[str, str]]:
        """What is on it, and how to ask for the next one, nothing after the last."""

        def ask(client: Any) -> tuple[list[Found], dict[str, str]]:
            page = client.list_objects_v2(Bucket=self._target.bucket, Prefix=prefix, **more)
            read = _date_of(page)
            items = [(item, item["Key"].removeprefix(prefix)) for item in page.get("Contents", ())]
            listed = [_found(item, item["Size"], read, name) for item, name in items]
            following = page["NextContinuationToken"] if page.get("IsTruncated") else None
            return listed, {} if following is None else {"ContinuationToken": following}

        return self._ask(ask)

    def put(self, key: str, body: bytes, *, over: str | None, notes: Mapping[str, str] | None = None) -> str:
        """Write an object over the one with that ETag, NOTHING, or None: whatever there is. Its ETag.

        Changed, with nothing written, when there is another. When the reply was lost it is looked up.
        """
        write_id = uuid4().hex
        try:
            reply = self._write(key, body, over, Metadata={**(notes or {}), _WRITE: write_id})
        except ClientError as error:
            if not is_refusal(error):
                raise
        else:
            return str(reply["ETag"])
        present = self.look(key)
        if present is None or present.notes.get(_WRITE) != write_id:
            raise Changed
        return present.etag

    def _write(self, key: str, body: bytes, over: str | None, **more: Any) -> Any:
        """Each write bears its checksum, without which a bucket that retains its objects takes none."""
        options = {
            "ContentType": "application/octet-stream",
            "ContentMD5": b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
            **self._target.encryption,
            **_condition(over),
            **more,
        }
        return self._ask(lambda c: c.put_object(Bucket=self._target.bucket, Key=key, Body=body, **options))

    def delete(self, key: str) -> None:
        self._ask(lambda c: c.delete_object(Bucket=self._target.bucket, Key=key))

    def discard(self, keys: Iterable[str]) -> None:
        """Delete what nobody reads any more, several at a time; what cannot be deleted stays.

        One by one: of DeleteObjects not every server understands every client.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._discard, keys))

    def _discard(self, key: str) -> None:
        with suppress(*FAILURES):
            self.delete(key)

    def check_conditions(self, key: str) -> None:
        """StateError when the server writes, whatever the condition. Writes an object of that key."""
        # The first may make the object, and somebody else may delete it meanwhile.
        if not any(self._refuses(key, NOTHING) for _ in range(4)):
            raise self._careless("If-None-Match")
        if not self._refuses(key, _NO_ETAG):
            raise self._careless("If-Match")

    def _refuses(self, key: str, over: str) -> bool:
        try:
            self._write(key, _PROBE, over)
        except ClientError as error:
            if not is_refusal(error) and not is_unable(error):
                raise
            return is_refusal(error)
        return False

    def _careless(self, header: str) -> StateError:
        return StateError(
            f"the server of {self._target.shown} does not honour {header} when it writes, so that two "
            "writers could overwrite each other",
            advice="Keep the state in AWS S3, a present MinIO or Ceph, or another server with conditional "
            "writes; or in PostgreSQL.",
        )


def _understood(work: Callable[[Any], T], client: Any) -> T:
    """What botocore and this module raise about a reply that is not what S3 says is one kind of failure."""
    try:
        return work(client)
    except FAILURES:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise ResponseParserError(f"the reply is not understood: {error}") from error


def _condition(over: str | None) -> dict[str, str]:
    if over is None:
        return {}
    return {"IfNoneMatch": NOTHING} if over == NOTHING else {"IfMatch": over}


def _date_of(reply: Any) -> datetime | None:
    try:
        return http_date(reply["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, TypeError):
        return None


def _found(told: Any, size: Any, read: datetime | None, name: str = "", body: bytes = b"") -> Found:
    notes = {note.lower(): text for note, text in (told.get("Metadata") or {}).items()}
    return Found(name, int(size), str(told["ETag"]), told["LastModified"], read, body, notes)
