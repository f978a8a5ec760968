"""What is S3's own: servers that ignore conditions, lost replies, late requests; what is said of it all."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pytest
from attrs import frozen

from planner.distribution import how_to_add
from planner.errors import LockHeld, NewerFormat, StateError
from planner.model.retry import Retry
from planner.state.backend import Backend, Pace
from planner.state.registry import Location, open_backend
from planner.state.s3.target import S3Target, s3_target

from .places import ALICE, BOB
from .s3_server import KMS_KEY, VARIABLES, Server, server
from .test_lease_contract import content, is_done
from .timing import LONG_LEASES, PATIENCE, Time

botocore = pytest.importorskip("botocore")

from botocore.exceptions import ClientError  # noqa: E402 - an extra
from botocore.session import get_session  # noqa: E402 - likewise

from planner.state.s3.backend import LockObject, S3Backend  # noqa: E402
from planner.state.s3.bucket import Bucket  # noqa: E402
from planner.state.s3.client import SecretsUsed  # noqa: E402

FREED: dict[str, Any] = {"holder": None, "duration": 60.0, "unsettled": True}
"""A lock that nobody holds, and that was not released in order."""


@frozen
class Spot:
    """One state in a bucket of its own."""

    server: Server
    url: str

    @property
    def target(self) -> S3Target:
        return s3_target(self.url, project="search", environment="dev")

    def open(self) -> S3Backend:
        """As another process would; nobody waits."""
        return S3Backend(self.target, Time().timing)

    def kill(self, after: int, lose: str = "request") -> int:
        return self.server.kill(self.target.bucket, after, lose)

    def put(self, name: str, body: bytes, **condition: str) -> None:
        """Write search/dev<name>."""
        key = f"search/dev{name}"
        self.server.client().put_object(Bucket=self.target.bucket, Key=key, Body=body, **condition)

    def names(self) -> list[str]:
        """Of all objects of the state, in order."""
        found = self.server.client().list_objects_v2(Bucket=self.target.bucket)
        return [item["Key"].removeprefix("search/dev") for item in found.get("Contents", ())]

    def etag(self) -> str:
        reply = self.server.client().head_object(Bucket=self.target.bucket, Key="search/dev.json")
        return str(reply["ETag"])

    def lock_says(self) -> dict[str, Any]:
        reply = self.server.client().get_object(Bucket=self.target.bucket, Key="search/dev.lock")
        return dict(json.loads(reply["Body"].read()))

    def found(self) -> tuple[list[bytes], bytes | None, list[int]]:
        backend = self.open()
        serials = [entry.serial for entry in backend.history()]
        for serial in serials:
            assert backend.read_history(serial) == content(serial)
        return backend.read_journal(), backend.read_snapshot(), serials


@pytest.fixture
def running() -> Server:
    return server()


def spot_in(running: Server, bucket: str = "bucket") -> Spot:
    return Spot(running, running.url(bucket))


@pytest.fixture
def spot(running: Server) -> Spot:
    return spot_in(running)


def begun(spot: Spot) -> Spot:
    """With a line in the journal and a snapshot."""
    backend = spot.open()
    backend.append([b"one"])
    backend.write_snapshot(content(1), serial=1, expected_serial=0)
    return spot


def opened(url: str, environment: str = "dev", project: str = "search") -> Backend:
    return open_backend(Location(url, environment=environment, folder=Path(), project=project))


def entered(backend: Backend) -> None:
    with backend.lock(ALICE, 0):
        pass


# --- where it is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket", "s3://bucket/search/dev.json"),
        ("s3://bucket/", "s3://bucket/search/dev.json"),
        ("s3://bucket/states", "s3://bucket/states/search/dev.json"),
        ("s3://bucket/a/b%20c/?region=eu-west-1", "s3://bucket/a/b c/search/dev.json"),
        ("s3://bucket/mine.json", "s3://bucket/mine.json"),
        (
            "s3://bucket/k?endpoint=https://minio.example:9000&path_style=false",
            "s3://bucket/k/search/dev.json",
        ),
        ("s3://bucket?endpoint=http://127.0.0.1:9000", "s3://bucket/search/dev.json"),
        ("s3://bucket?endpoint=http://minio.example&allow_http=true", "s3://bucket/search/dev.json"),
        ("s3://bucket?sse=aws:kms&sse_kms_key_id=alias/states", "s3://bucket/search/dev.json"),
    ],
)
def test_the_url_names_the_place(url: str, shown: str) -> None:
    assert opened(url).describe() == shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3:///key", "names no bucket"),
        ("s3://key:secret@bucket/key", "holds credentials"),
        ("s3://bucket?aws_secret_access_key=hidden", "holds credentials"),
        ("s3://bucket?session_token=hidden", "holds credentials"),
        ("s3://bucket?endpoint=https://me:hidden@minio.example", "holds credentials"),
        ("s3://bucket?kms_secret_key=hidden&sse_kms_key_id=x", "holds credentials"),
        ("s3://bucket?sse=true", "sse in the URL of the state is 'true'"),
        ("s3://bucket?sse=", "sse in the URL of the state is ''"),
        ("s3://bucket?sse=AES256&sse_kms_key_id=x", "is for a key of KMS"),
        ("s3://bucket?sse_kms_key_id=x", "is for a key of KMS"),
        ("s3://bucket?sse=aws:kms&sse_kms_key_id=", "is for a key of KMS"),
        ("s3://bucket?colour=red", "unknown option 'colour'"),
        ("s3://bucket?path_style=perhaps", "path_style in the URL of the state is neither true nor false"),
        ("s3://bucket?endpoint=minio.example:9000", "is not an http or https URL"),
        ("s3://bucket?endpoint=https://minio.example:port", "is not understood: its port is none"),
        ("s3://bucket?endpoint=http://minio.example:9000", "would get the state unencrypted"),
    ],
)
def test_a_url_that_is_refused(url: str, said: str) -> None:
    with pytest.raises(StateError, match=said) as caught:
        opened(url)
    assert "hidden" not in caught.value.summary + caught.value.advice
    assert "secret@" not in caught.value.summary + caught.value.advice


def work_through(spot: Spot) -> None:
    """Every write there is: of lines, snapshots, the history, the lock, fences and the probe."""
    assert spot.open().check()
    backend = spot.open()
    with backend.lock(ALICE, 0):
        backend.append([b"one"])
        backend.write_snapshot(content(1), serial=1, expected_serial=0)
        spot.open().break_lock(ALICE.id)
    with spot.open().lock(BOB, 0):
        assert spot.open().lock_holder() == BOB
    spot.open().write_snapshot(content(2), serial=2, expected_serial=1)
    assert spot.found() == ([b"one"], content(2), [2, 1])
    spot.open().clear_journal()
    assert spot.found() == ([], content(2), [2, 1])


SEALED = {
    "retaining": "",
    "sealing": "&sse=AES256",
    "sealing-kms": "&sse=aws:kms",
    "sealing-key": f"&sse=aws:kms&sse_kms_key_id={KMS_KEY}",
    "sealing-dsse": f"&sse=aws:kms:dsse&sse_kms_key_id={quote(KMS_KEY)}",
}


@pytest.mark.parametrize("bucket", SEALED)
def test_a_bucket_that_makes_demands_on_each_write(running: Server, bucket: str) -> None:
    work_through(Spot(running, running.url(bucket) + SEALED[bucket]))


@pytest.mark.parametrize("bucket", [name for name in SEALED if SEALED[name]])
@pytest.mark.parametrize("option", ["", "&sse=AES256", "&sse=aws:kms", "&sse=aws:kms&sse_kms_key_id=other"])
def test_what_a_bucket_demands_is_in_the_advice(running: Server, bucket: str, option: str) -> None:
    if option == SEALED[bucket]:
        return
    spot = Spot(running, running.url(bucket) + option)
    for call in (partial(entered, spot.open()), spot.open().check, lambda: spot.open().append([b"one"])):
        with pytest.raises(StateError, match="AccessDenied") as caught:
            call()
        assert "demands server-side encryption, add sse=AES256 or sse=aws:kms" in caught.value.advice
        assert "s3:PutObject" in caught.value.advice
    assert spot.names() == []


def test_states_in_one_bucket_leave_each_other_alone(running: Server) -> None:
    url = running.url()
    names = [("search", "dev"), ("search", "dev-2"), ("search", "d"), ("logs", "dev"), ("", "dev")]
    for number, (project, environment) in enumerate(names, 1):
        backend = opened(url, environment, project)
        backend.append([b"%d" % number])
        for serial in range(1, number + 1):
            backend.write_snapshot(content(serial), serial=serial, expected_serial=serial - 1)
    opened(url, "d").clear_journal()
    with opened(url, "dev").lock(ALICE, 0), opened(url, "dev-2").lock(BOB, 0):
        for number, (project, environment) in enumerate(names, 1):
            backend = opened(url, environment, project)
            assert backend.read_snapshot() == content(number)
            assert len(backend.history()) == number
            assert backend.read_journal() == ([] if number == 3 else [b"%d" % number])


def test_reading_writes_nothing(spot: Spot) -> None:
    assert spot.found() == ([], None, [])
    assert spot.open().lock_holder() is None
    with pytest.raises(StateError, match="nobody holds it"):
        spot.open().break_lock("somebody")
    assert spot.names() == []


def test_checking_leaves_nothing_behind(spot: Spot) -> None:
    said = spot.open().check()
    assert said[0].endswith("lets the user list, read, write and delete s3://" + spot.target.shown[5:])
    assert said[2] == "a lock that is not renewed is free after 3961 s"
    assert spot.names() == []


# --- conditions -------------------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize(("bucket", "header"), [("no-none-match", "If-None-Match"), ("no-match", "If-Match")])
def test_a_server_that_ignores_conditions_is_refused(running: Server, bucket: str, header: str) -> None:
    spot = spot_in(running, bucket)
    spot.put(".json", content(1))
    spot.put(".lock", json.dumps(FREED).encode())
    for call in (
        lambda: spot.open().append([b"one"]),
        lambda: spot.open().write_snapshot(content(2), serial=2, expected_serial=1),
        lambda: spot.open().clear_journal(),
        lambda: entered(spot.open()),
        lambda: spot.open().check(),
    ):
        with pytest.raises(StateError, match=f"does not honour {header}"):
            call()
    assert spot.found() == ([], content(1), [])
    assert spot.lock_says() == FREED


@pytest.mark.parametrize("bucket", ["stumbling", "forgetful"])
def test_every_other_request_fails_with_or_without_effect(running: Server, bucket: str) -> None:
    spot = spot_in(running, bucket)
    backend = spot.open()
    with backend.lock(ALICE, 0):
        for serial in range(1, 5):
            backend.append([b"%d" % serial, b"more"])
            backend.append([b"last"])
            assert spot.open().read_journal() == [b"%d" % serial, b"more", b"last"]
            backend.write_snapshot(content(serial), serial=serial, expected_serial=serial - 1)
            backend.clear_journal()
    assert spot.found() == ([], content(4), [4, 3, 2, 1])
    assert spot.lock_says()["unsettled"] is False


@pytest.mark.parametrize("bucket", ["stumbling", "forgetful"])
def test_a_lock_is_renewed_whatever_becomes_of_the_replies(running: Server, bucket: str) -> None:
    spot, time = spot_in(running, bucket), Time()
    requests = Bucket(spot.target, 10.0, Pace(60.0, 1.0, 10.0, Retry("the place", "no answer")), time.timing)
    lock = LockObject(requests, "search/dev.lock", "the place", LONG_LEASES)
    assert lock.take(ALICE) is not None
    assert LockObject(requests, "search/dev.lock", "the place", LONG_LEASES).take(BOB) is None
    written = {spot.lock_says()["written"]}
    for _ in range(3):
        assert lock.renew(ALICE) == ALICE
        written.add(spot.lock_says()["written"])
    assert len(written) == 4
    assert lock.release(ALICE.id, unsettled=False)
    assert lock.renew(ALICE) is None
    assert spot.lock_says()["holder"] is None


def test_a_listing_of_many_pages(running: Server) -> None:
    spot = spot_in(running, "paged")
    backend = spot.open()
    with backend.lock(ALICE, 0):
        for number in range(7):
            backend.append([b"%d" % number])
        for serial in range(1, 6):
            backend.write_snapshot(content(serial), serial=serial, expected_serial=serial - 1)
    assert spot.found() == ([b"%d" % number for number in range(7)], content(5), [5, 4, 3, 2, 1])
    spot.open().append([b"7"])
    assert len(spot.open().read_journal()) == 8
    spot.open().clear_journal()
    spot.open().append([b"8"])
    assert spot.open().read_journal() == [b"8"]


def test_what_was_read_or_written_before_is_not_asked_for_again(spot: Spot) -> None:
    backend = spot.open()
    with backend.lock(ALICE, 0):
        for number in range(10):
            backend.append([b"%d" % number])
        spot.kill(0)
        assert len(backend.read_journal()) == 10
        assert spot.kill(0) == 1, "the listing"
        backend.append([b"one more"])
        assert spot.kill(0) == 1, "the write"
        backend.clear_journal()
        backend.append([b"again"])
        assert backend.read_journal() == [b"again"]


def test_a_snapshot_that_a_person_put_there(spot: Spot) -> None:
    spot.put(".json", b'{"serial": 4, "by": "hand"}')
    with pytest.raises(StateError, match="at serial 4, expected was serial 3"):
        spot.open().write_snapshot(content(4), serial=4, expected_serial=3)
    spot.put(".lock", json.dumps(FREED).encode())
    with spot.open().lock(BOB, 0):
        pass
    assert spot.open().read_snapshot() == b'{"serial": 4, "by": "hand"}'
    spot.open().write_snapshot(content(5), serial=5, expected_serial=4)
    assert spot.found() == ([], content(5), [5])


@pytest.mark.parametrize("bucket", ["write-only", "no-bodies"])
@pytest.mark.parametrize("there", [True, False], ids=["a state", "no state"])
def test_what_may_only_be_written_is_not_taken_for_nothing(running: Server, bucket: str, there: bool) -> None:
    spot = spot_in(running, bucket)
    if there:
        spot.put(".json", content(1))
    for call in (
        lambda: spot.open().read_snapshot(),
        lambda: spot.open().read_history(1),
        lambda: spot.open().lock_holder(),
        lambda: entered(spot.open()),
        lambda: spot.open().check(),
    ):
        with pytest.raises(
            StateError, match=r"cannot be (read|taken|used): .*\((AccessDenied|403)\)"
        ) as caught:
            call()
        assert "s3:GetObject" in caught.value.advice


def test_a_lock_of_a_newer_planner_is_not_to_be_deleted(spot: Spot) -> None:
    spot.put(".lock", json.dumps({"format_version": 2, "held": "by somebody"}).encode())
    for call in (spot.open().lock_holder, partial(entered, spot.open())):
        with pytest.raises(NewerFormat, match=r"the lock of .* has format_version 2"):
            call()


def test_what_a_newer_planner_tells_beside_the_holder_hides_nobody(spot: Spot) -> None:
    with spot.open().lock(ALICE, 0):
        says = spot.lock_says()
        spot.put(".lock", json.dumps({**says, "holder": {**says["holder"], "team": "search"}}).encode())
        assert spot.open().lock_holder() == ALICE


def test_a_lock_that_is_not_understood(spot: Spot) -> None:
    spot.put(".lock", b"mine!")
    for call in (spot.open().lock_holder, partial(entered, spot.open())):
        with pytest.raises(StateError, match="is not understood") as caught:
            call()
        assert "search/dev.lock" in caught.value.advice


# --- crashes ----------------------------------------------------------------------------------------------


def work(backend: S3Backend) -> None:
    with backend.lock(ALICE, 0):
        backend.append([b"two"])
        backend.write_snapshot(content(2), serial=2, expected_serial=1)
        backend.clear_journal()


STAGES: list[tuple[list[bytes], bytes | None, list[int]]] = [
    ([b"one"], content(1), [1]),
    ([b"one", b"two"], content(1), [1]),
    ([b"one", b"two"], content(2), [2, 1]),
    ([], content(2), [2, 1]),
]


def test_a_crash_between_any_two_requests_leaves_one_stage_or_the_next(running: Server) -> None:
    reached = set()
    for number in count(1):
        spot = begun(spot_in(running))
        doomed = spot.open()
        spot.kill(number)
        done = is_done(partial(work, doomed))
        asked = spot.kill(0)
        stage = spot.found()
        reached.add(STAGES.index(stage))
        holder = spot.open().lock_holder()
        if holder is not None:
            spot.open().break_lock(holder.id)
        goes_on(spot, *stage)
        if asked < number:
            break
    assert done
    assert reached == {0, 1, 2, 3}


def goes_on(spot: Spot, journal: list[bytes], _: bytes | None, serials: list[int]) -> None:
    backend = spot.open()
    with backend.lock(BOB, 0):
        backend.append([b"three"])
        assert backend.read_journal() == [*journal, b"three"]
        backend.write_snapshot(content(3), serial=3, expected_serial=serials[0])
        backend.clear_journal()
    assert spot.found() == ([], content(3), [3, *serials])


# --- what comes late --------------------------------------------------------------------------------------


def is_refused(spot: Spot, name: str, body: bytes, **condition: str) -> bool:
    try:
        spot.put(name, body, **condition)
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 412)
    return False


def are_kept_out(spot: Spot, condition: dict[str, str]) -> bool:
    """Whether the requests fail that a holder has under way who wrote one group, and saw that snapshot."""
    return is_refused(spot, ".journal/0000000002", b"late\n", IfNoneMatch="*") and is_refused(
        spot, ".json", content(9), **condition
    )


@contextmanager
def broken(spot: Spot) -> Iterator[None]:
    with spot.open().lock(ALICE, 0):
        spot.open().break_lock(ALICE.id)
        yield


@contextmanager
def expired(spot: Spot) -> Iterator[None]:
    with spot.open().lock(ALICE, 0):
        spot.server.age(spot.url, 2 * LONG_LEASES.duration)
        assert spot.open().lock_holder() is None
        with spot.open().lock(BOB, 0):
            yield


@pytest.mark.smoke
def test_a_broken_lock_keeps_its_holder_from_writing_a_snapshot(spot: Spot) -> None:
    former = begun(spot).open()
    with former.lock(ALICE, 0):
        spot.open().break_lock(ALICE.id)
        with spot.open().lock(BOB, 0), pytest.raises(StateError, match="was broken while apply held it"):
            former.write_snapshot(content(2), serial=2, expected_serial=1)
    assert spot.found() == ([b"one"], content(1), [1])


@pytest.mark.parametrize("lost", [broken, expired])
@pytest.mark.parametrize("has_snapshot", [True, False])
def test_late_requests_of_a_former_holder_take_no_effect(spot: Spot, lost: Any, has_snapshot: bool) -> None:
    spot.open().append([b"one"])
    condition = {"IfNoneMatch": "*"}
    if has_snapshot:
        spot.open().write_snapshot(content(1), serial=1, expected_serial=0)
        condition = {"IfMatch": spot.etag()}
    before = spot.found()
    with lost(spot):
        assert are_kept_out(spot, condition)
        assert spot.found() == before
    spot.open().clear_journal()
    assert are_kept_out(spot, condition), "also after what it wrote was forgotten"
    assert spot.open().read_journal() == []
    spot.open().append([b"two"])
    assert spot.open().read_journal() == [b"two"]
    serial = int(has_snapshot)
    spot.open().write_snapshot(content(serial + 1), serial=serial + 1, expected_serial=serial)
    assert spot.found() == ([b"two"], content(serial + 1), [serial + 1, serial][: serial + 1])


def test_a_fence_that_a_crash_interrupted_is_put_up_by_the_next(running: Server) -> None:
    for number in count(1):
        spot = begun(spot_in(running))
        condition = {"IfMatch": spot.etag()}
        spot.put(".lock", json.dumps(FREED).encode())
        doomed = spot.open()
        spot.kill(number)
        is_done(partial(work, doomed))
        if spot.kill(0) < number:
            break
        assert spot.lock_says()["unsettled"] or are_kept_out(spot, condition)
    assert number > 10


def test_a_lock_released_in_order_needs_no_fence(spot: Spot) -> None:
    begun(spot)
    before = spot.etag()
    for holder in (ALICE, BOB, ALICE):
        with spot.open().lock(holder, 0):
            assert spot.lock_says()["unsettled"] is True, "until it is released"
    assert spot.etag() == before
    assert [name for name in spot.names() if name.startswith(".journal")] == [".journal/0000000001"]


def test_a_lock_is_released_out_of_order_when_a_write_failed(spot: Spot) -> None:
    backend = begun(spot).open()
    with backend.lock(ALICE, 0):
        backend.append([b"two"])
        spot.kill(1, "reply")
        with pytest.raises(StateError, match=r"Not now \(SlowDown\)"):
            backend.append([b"three"])
        spot.kill(0)
    assert spot.lock_says()["unsettled"] is True
    with spot.open().lock(BOB, 0):
        assert is_refused(spot, ".journal/0000000004", b"late\n", IfNoneMatch="*")
    assert spot.open().read_journal() == [b"one", b"two", b"three"]


def test_a_lease_ends_by_the_readers_clock_where_the_server_has_none(running: Server) -> None:
    spot = spot_in(running, "timeless")
    held = FREED | {"holder": {"id": "x", "who": "x", "host": "x", "pid": 1, "operation": "x", "since": "x"}}
    spot.put(".lock", json.dumps(held | {"duration": 10.0}).encode())
    assert spot.open().lock_holder() is not None
    with pytest.raises(LockHeld), spot.open().lock(BOB, 9.0):
        pass
    with spot.open().lock(BOB, 11.0):
        assert spot.open().lock_holder() == BOB


# --- what is said when it goes wrong ----------------------------------------------------------------------


NO_MORE: Mapping[str, str] = MappingProxyType({})


class _Canned(BaseHTTPRequestHandler):
    """Answers everything with what its server has been given."""

    def _answer(self) -> None:
        status, body, headers = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = _answer  # noqa: N815 - as http.server calls them

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(
    status: int,
    body: bytes,
    certificate: tuple[Path, Path] | None = None,
    headers: Mapping[str, str] = NO_MORE,
) -> Iterator[str]:
    """The endpoint of a server that answers so."""
    canned = ThreadingHTTPServer(("127.0.0.1", 0), _Canned)
    canned.answer = (status, body, headers)  # type: ignore[attr-defined]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[0], certificate[1])
        canned.socket = context.wrap_socket(canned.socket, server_side=True)
    thread = threading.Thread(target=canned.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{canned.server_port}"
    finally:
        canned.shutdown()
        thread.join(PATIENCE)
        canned.server_close()


def at(endpoint: str) -> S3Backend:
    target = s3_target(f"s3://bucket?endpoint={endpoint}", project="search", environment="dev")
    return S3Backend(target, Time().timing)


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (404, "NoSuchBucket", "Create it"),
        (403, "AccessDenied", "s3:ListBucket"),
        (403, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"),
        (400, "ExpiredToken", "Sign in again"),
        (403, "RequestTimeTooSkewed", "clock"),
        (301, "PermanentRedirect", "region=..."),
        (307, "TemporaryRedirect", "region=..."),
        (400, "AuthorizationHeaderMalformed", "region=..."),
        (400, "KMS.DisabledException", "kms:Decrypt"),
        (503, "SlowDown", "later"),
        (507, "XMinioStorageFull", "Free some space"),
        (418, "Teapot", ""),
    ],
)
def test_why_the_server_refuses(running: Server, status: int, code: str, advice: str) -> None:
    body = f"<Error><Code>{code}</Code><Message>So it\nis.</Message></Error>"
    with answering(status, body.encode()) as endpoint:
        backend = at(endpoint)
        for call, doing in (
            (backend.read_journal, "read"),
            (lambda: backend.append([b"one"]), "written"),
            (backend.history, "read"),
        ):
            with pytest.raises(StateError) as caught:
                call()
            assert f"cannot be {doing}: So it is ({code})" in caught.value.summary
            assert advice in caught.value.advice
            assert bool(advice) == bool(caught.value.advice)


NOT_CONFIGURED = "Server side encryption specified but KMS is not configured"
BY_KMS = "User: ci is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:x"
BY_POLICY = (
    "User: ci is not authorized to perform: s3:PutObject with an explicit deny in a resource-based policy"
)


@pytest.mark.parametrize(
    ("status", "code", "message", "advice"),
    [
        (403, "AccessDenied", BY_POLICY, "add sse=AES256"),
        (403, "AccessDenied", BY_KMS, "kms:GenerateDataKey and kms:Decrypt"),
        (403, "AccessDenied", "Access Denied", "s3:PutObject and"),
        (400, "KMS.NotFoundException", "Key 'arn:x' does not exist", "sse_kms_key_id names"),
        (400, "KMS.DisabledException", "The key is disabled for encryption", "has to be enabled"),
        (501, "NotImplemented", NOT_CONFIGURED, "Correct sse="),
        (400, "InvalidArgument", "The encryption method specified is not supported", "Correct sse="),
        (400, "BadDigest", "The Content-MD5 you specified did not match what we received", "proxy"),
        (501, "NotImplemented", "A header you provided implies what is not there", "conditional writes"),
    ],
)
def test_why_the_server_does_not_write(
    running: Server, status: int, code: str, message: str, advice: str
) -> None:
    """Not even to see whether it honours conditions."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    with answering(status, body.encode()) as endpoint:
        calls: list[Callable[[], None]] = [
            lambda: at(endpoint).append([b"one"]),
            lambda: entered(at(endpoint)),
        ]
        for call in calls:
            with pytest.raises(StateError) as caught:
                call()
            assert advice in caught.value.advice


@pytest.mark.parametrize("body", [b"<html><body>Welcome<br></body>", b"", b"{}"])
def test_what_is_no_s3_at_all(running: Server, body: bytes) -> None:
    with answering(200, body) as endpoint:
        with pytest.raises(StateError, match="what answers there is not S3") as caught:
            at(endpoint).read_snapshot()
        assert "endpoint=" in caught.value.advice


def listed(*items: str, more: str = "") -> bytes:
    return f"<ListBucketResult>{more}{''.join(items)}</ListBucketResult>".encode()


KEY, SIZE, ETAG = "<Key>search/dev/1</Key>", "<Size>1</Size>", "<ETag>e</ETag>"
DATE = "<LastModified>2026-01-01T00:00:00Z</LastModified>"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(listed("<Contents>5</Contents>"), id="no object"),
        pytest.param(listed(f"<Contents>{KEY}{ETAG}{DATE}</Contents>"), id="no size"),
        pytest.param(listed(f"<Contents>{KEY}{SIZE}{ETAG}</Contents>"), id="no date"),
        pytest.param(listed(f"<Contents>{KEY}{ETAG}{DATE}<Size>x</Size></Contents>"), id="a size of letters"),
        pytest.param(
            listed(f"<Contents>{KEY}{SIZE}{ETAG}<LastModified>Sun, 29 N</LastModified></Contents>"),
            id="half a date",
        ),
        pytest.param(
            listed("<CommonPrefixes>x</CommonPrefixes>", "<EncodingType>url</EncodingType>"), id="a prefix"
        ),
        pytest.param(listed(more="<IsTruncated>true</IsTruncated>"), id="more, and not where"),
        pytest.param(
            listed(more="<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>"),
            id="no end",
        ),
    ],
)
def test_a_listing_that_is_none(running: Server, body: bytes) -> None:
    with answering(200, body) as endpoint, pytest.raises(StateError, match="what answers there is not S3"):
        at(endpoint).read_journal()


@pytest.mark.parametrize("modified", ["Sun, 29 N", "1e999", "\xff", "-1" * 9, None])
def test_an_object_that_is_none(running: Server, modified: str | None) -> None:
    headers = {"ETag": "e"} if modified is None else {"ETag": "e", "Last-Modified": modified}
    with answering(200, b"", headers=headers) as endpoint, pytest.raises(StateError, match="is not S3"):
        at(endpoint).read_snapshot()


def test_a_bucket_that_is_not_there(running: Server) -> None:
    backend = opened(f"s3://absent?endpoint={running.endpoint}&region=us-east-1")
    for call in (backend.read_snapshot, backend.read_journal, backend.lock_holder, backend.clear_journal):
        with pytest.raises(StateError, match="NoSuchBucket") as caught:
            call()
        assert "Create it" in caught.value.advice


@pytest.mark.parametrize(
    ("url", "said", "advice"),
    [
        ("s3://bucket?endpoint=http://127.0.0.1:1", "127.0.0.1:1", "endpoint="),
        ("s3://bucket?endpoint=https://nowhere.invalid", "nowhere.invalid", "endpoint="),
        ("s3://no%20bucket?endpoint=http://127.0.0.1:1&region=x", "Invalid bucket name", "URL of the state"),
        ("s3://bucket?endpoint=http://127.0.0.1:1&region=no/region", "region", ""),
    ],
)
def test_why_it_cannot_be_asked(running: Server, url: str, said: str, advice: str) -> None:
    with pytest.raises(StateError) as caught:
        opened(url).read_snapshot()
    assert caught.value.summary.startswith("s3://")
    assert said in caught.value.summary
    assert "\n" not in caught.value.summary
    assert advice in caught.value.advice


READ = """
import sys
from pathlib import Path
from planner.errors import NewerFormat, StateError
from planner.state.registry import Location, open_backend
if sys.argv[2:]:
    sys.modules["botocore"] = None
try:
    print(open_backend(Location(sys.argv[1], "dev", Path(), "search")).read_journal())
except StateError as error:
    print(error.summary, "|", error.advice)
"""


def read_with(url: str, *arguments: str, **variables: str) -> str:
    """variables: "" for one that is not set."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    known |= {**VARIABLES, **variables}
    environment = {name: value for name, value in known.items() if value}
    command = [sys.executable, "-c", READ, url, *arguments]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout


def test_credentials_come_from_where_botocore_finds_them(running: Server, tmp_path: Path) -> None:
    url = running.url()
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    said = read_with(url, **nobody)
    assert "there are no credentials | Credentials come from AWS_ACCESS_KEY_ID" in said
    assert "(absent) could not be found | Correct AWS_PROFILE" in read_with(url, AWS_PROFILE="absent")
    assert "AWS_SECRET_ACCESS_KEY" in read_with(url, AWS_SECRET_ACCESS_KEY="")
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    assert read_with(url, **nobody, AWS_SHARED_CREDENTIALS_FILE=str(file)) == "[]\n"


SOURCES = {
    "a variable": {"AWS_SECRET_ACCESS_KEY": "of-a-variable", "AWS_SESSION_TOKEN": "token-of-a-variable"},
    "a file of credentials": {},
    "a profile": {"AWS_PROFILE": "named"},
    "a role": {"AWS_PROFILE": "assuming"},
    "a token for a role": {"AWS_PROFILE": "federated"},
    "a program": {"AWS_PROFILE": "running"},
    "a container": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:{port}/"},
}
CREDENTIALS = """
[default]
aws_access_key_id = a
aws_secret_access_key = of-a-file
aws_session_token = token-of-a-file
[named]
aws_access_key_id = b
aws_secret_access_key = of-a-profile
"""
PROFILES = """
[profile assuming]
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = named
[profile federated]
role_arn = arn:aws:iam::123456789012:role/reader
web_identity_token_file = {folder}/identity
[profile running]
credential_process = echo '{"Version": 1, "AccessKeyId": "c", "SecretAccessKey": "of-a-program"}'
"""
OF_A_CONTAINER = {"AccessKeyId": "d", "SecretAccessKey": "of-a-container", "Token": "token-of-a-container"}


@pytest.mark.parametrize(
    ("source", "secrets"),
    [
        ("a variable", {"of-a-variable", "token-of-a-variable"}),
        ("a file of credentials", {"of-a-file", "token-of-a-file"}),
        ("a profile", {"of-a-profile"}),
        ("a role", {"of-a-profile"}),
        ("a token for a role", {"eyJ.identity"}),
        ("a program", {"of-a-program"}),
        ("a container", {"of-a-container", "token-of-a-container", "token-for-a-container"}),
    ],
)
def test_a_secret_is_known_wherever_it_came_from(
    running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, secrets: set[str]
) -> None:
    """So that whoever shows something leaves it out. Of a role those are two more, made for it."""
    files = {"credentials": "" if source == "a container" else CREDENTIALS, "profiles": PROFILES}
    files |= {"identity": "eyJ.identity", "token": "token-for-a-container"}
    for name, text in files.items():
        (tmp_path / name).write_text(text.replace("{folder}", str(tmp_path)))
    for name in VARIABLES if source != "a variable" else ():
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "profiles"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", running.endpoint)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    issued = json.dumps(OF_A_CONTAINER | {"Expiration": "2099-01-01T00:00:00Z"})
    with answering(200, issued.encode()) as endpoint:
        for name, value in SOURCES[source].items():
            monkeypatch.setenv(name, value.format(port=endpoint.rpartition(":")[2]))
        session, used = get_session(), SecretsUsed()
        used.see(session)
        client = session.create_client("s3", region_name="us-east-1", endpoint_url=running.endpoint)
        client.list_buckets()
    made = 2 if source.endswith("role") else 0
    assert len(set(used()) - secrets - {"token-for-a-container"}) == made
    assert secrets <= set(used())


def test_a_backend_knows_what_it_asked_with(spot: Spot) -> None:
    spot.open().read_snapshot()
    assert VARIABLES["AWS_SECRET_ACCESS_KEY"] in spot.open().secrets()


def test_the_endpoint_comes_from_the_environment_too(running: Server) -> None:
    url = running.url().split("?")[0]
    assert read_with(url, AWS_ENDPOINT_URL_S3=running.endpoint, AWS_REGION="us-east-1") == "[]\n"
    said = read_with(url, AWS_ENDPOINT_URL_S3="http://minio.example:9000")
    assert "would get the state unencrypted" in said


def test_what_is_for_this_machine_goes_through_no_proxy(running: Server) -> None:
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9"}
    assert read_with(running.url(), **proxy) == "[]\n"
    url = running.url().split("?")[0]
    found = {"AWS_ENDPOINT_URL_S3": running.endpoint, "AWS_REGION": "us-east-1"}
    assert read_with(url, **found, **proxy) == "[]\n"


def test_botocore_is_an_extra() -> None:
    said = read_with("s3://bucket", "without")
    assert f"needs botocore, which is not installed | {how_to_add('s3')}" in said


def test_the_servers_certificate_is_checked(running: Server, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    made = (tmp_path / "cert.pem", tmp_path / "key.pem")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    usage = ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-out", str(made[0]), "-keyout", str(made[1])]
    subprocess.run([openssl, "req", "-x509", *key, *subject, *usage, *files], check=True, capture_output=True)
    with answering(200, b"<ListBucketResult/>", made) as endpoint:
        url = f"s3://bucket?endpoint={endpoint}"
        assert "| Name the file with the server's authority in AWS_CA_BUNDLE" in read_with(url)
        assert read_with(url, AWS_CA_BUNDLE=str(made[0])) == "[]\n"
