"""A client of botocore for one bucket, set up for servers of every make.

What it authenticates with is seen where it is used, whatever file, profile or service it is from. What it
fails with is told in words of ours, with what to do about it.
"""

from __future__ import annotations

import functools
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.request import getproxies

import botocore.session
from attrs import field, frozen
from botocore import UNSIGNED, exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from planner.errors import StateError, explaining
from planner.net.bodies import one_line
from planner.state.s3.target import CREDENTIALS, S3Target, check_endpoint

FAILURES: Final = (exceptions.BotoCoreError, exceptions.ClientError, ResponseParserError)
"""What a request fails with. Every one that has an answer of the server's is a ClientError."""

AT_ONCE: Final = 16
"""How many requests may be under way."""

_CONNECT: Final = 10.0


_TOKEN_FILE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105  # the variable's name
_LONGEST_TOKEN: Final = 64 * 1024


@functools.cache
def _session() -> tuple[Any, SecretsUsed]:
    """The one of this process: what it read of S3, of profiles and of credentials is good for all."""
    session, used = botocore.session.get_session(), SecretsUsed()
    used.see(session)
    return session, used


def secrets_used() -> tuple[str, ...]:
    """What all clients of this process authenticated with."""
    return _session()[1]()


_MAKING: Final = threading.Lock()
"""A session makes one client at a time."""


def connect(target: S3Target, timeout: float) -> Any:
    """A client. It sends each request once, and of its own no checksums: servers other than AWS may not know
    them. Every write of a `Bucket` bears the one that all of them know.
    """
    path_style = target.path_style
    if path_style is None:
        path_style = bool(
            target.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        )
    config = Config(
        signature_version="s3v4",
        connect_timeout=min(timeout, _CONNECT),
        read_timeout=timeout,
        retries={"total_max_attempts": 1, "mode": "standard"},
        s3={"addressing_style": "path" if path_style else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        max_pool_connections=AT_ONCE,
        tcp_keepalive=True,
    )
    client = _client(target, config)
    # Its endpoint may come from the environment or a profile.
    if check_endpoint(client.meta.endpoint_url, target).is_here and getproxies():
        client = _client(target, config.merge(Config(proxies={})))  # as of every client here: past any proxy
    client.meta.events.register_last("before-call.s3", _say_it_at_once)
    client.meta.events.register("before-call.s3.HeadBucket", _ask_no_further)
    return client


def _client(target: S3Target, config: Config) -> Any:
    try:
        with _MAKING:
            return _session()[0].create_client(
                "s3", region_name=target.region, endpoint_url=target.endpoint, config=config
            )
    except ValueError as error:  # an endpoint or a region that no host can have
        raise StateError(f"{target.shown} cannot be reached: {error}") from error


def _say_it_at_once(params: Any, **_: Any) -> None:
    """Send the body without asking first whether the body may follow, which is a round trip of its own."""
    params["headers"].pop("Expect", None)


def _ask_no_further(**_: Any) -> tuple[Any, Any]:
    """Ask nothing more about a redirect that names no region: botocore asks the bucket, is redirected, asks
    it again, ...
    """
    return SimpleNamespace(status_code=200), {"ResponseMetadata": {"HTTPHeaders": {}}}


@frozen
class SecretsUsed:
    """The secrets that the clients of one session used so far. session: whose clients are made afterwards."""

    _used: set[str] = field(factory=set)

    def see(self, session: Any) -> None:
        session.register("before-sign", self._of_signature)
        session.register("before-parameter-build", self._of_parameters)
        self._used.update(_of_container())

    def __call__(self) -> tuple[str, ...]:
        return tuple(self._used)

    def _of_signature(self, request_signer: Any, signing_name: str, region_name: str, **told: Any) -> None:
        """Notes what signs requests to S3, and those by which a role is assumed."""
        if told["signature_version"] is UNSIGNED:
            return
        with suppress(Exception):  # signing fails then in the same way, and says why
            version = told["signature_version"]
            found = request_signer.get_auth_instance(signing_name, region_name, version).credentials
            self._used.update(filter(None, (found.secret_key, found.token)))

    def _of_parameters(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Tokens that are given for credentials: what AWS calls sensitive, of services that are not S3.

        S3 itself calls so the names of keys, which messages about them need.
        """
        if model.service_model.service_name != "s3" and model.input_shape is not None:
            members = model.input_shape.members
            secret = (name for name in params if name in members and members[name].metadata.get("sensitive"))
            self._used.update(value for name in secret if isinstance(value := params[name], str))


def _of_container() -> Iterator[str]:
    """The token that a file gives for the credentials of a container: it is sent by no client."""
    with suppress(KeyError, OSError, UnicodeDecodeError), Path(os.environ[_TOKEN_FILE]).open() as file:
        yield file.read(_LONGEST_TOKEN).strip()


_POLICY: Final = (
    "Let the user s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on the "
    "objects of the state."
)
_LOGIN_AGAIN: Final = f"Sign in again (`aws sso login`), or fetch another token. {CREDENTIALS}"
_REGION: Final = (
    "Name the bucket's region (region=... in the URL of the state, or AWS_REGION), and an endpoint that "
    "answers by itself."
)
_REACH: Final = (
    "Check endpoint= in the URL of the state (or AWS_ENDPOINT_URL_S3) and region=, and that the server is "
    "running."
)
_KMS: Final = (
    "Let the user kms:GenerateDataKey and kms:Decrypt with the key that encrypts: the bucket's, or the one "
    "that sse_kms_key_id names in the URL of the state. It has to be enabled, and of the bucket's region."
)
_DEMANDED: Final = (
    "Where the bucket's policy demands server-side encryption, add sse=AES256 or sse=aws:kms, and "
    "sse_kms_key_id=... for a certain key, to the URL of the state."
)
_DENIED: Final = f"A policy denies it, which no right outweighs. {_DEMANDED}"
_SSE: Final = "Correct sse= and sse_kms_key_id= in the URL of the state, or what the bucket encrypts with."
_CHANGED: Final = "What was sent arrived as something else: look for a proxy that changes it."
_LATER: Final = "Run the command again later."

_CODES: Final = (
    (re.compile("NoSuchBucket"), "Create it, or correct the URL of the state."),
    (re.compile("BadDigest|InvalidDigest"), _CHANGED),
    (re.compile("AccessDenied|Forbidden|403|AllAccessDisabled"), _POLICY),
    (re.compile("ExpiredToken|TokenRefreshRequired|InvalidToken"), _LOGIN_AGAIN),
    (re.compile("InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSecurity|Unauthorized|401"), CREDENTIALS),
    (re.compile("Redirect|AuthorizationHeaderMalformed|IllegalLocation|30[1278]"), _REGION),
    (re.compile("TooSkewed|RequestExpired"), "Set the clock of this machine."),
    (
        re.compile("Quota|StorageFull|InsufficientCapacity|507"),
        "Free some space on the server and run the command again.",
    ),
    (re.compile("SlowDown|Throttl|ServiceUnavailable|InternalError|50[0234]"), _LATER),
)
_ENCRYPTION: Final = re.compile("(?i)encrypt")
_SAID: Final = (
    (re.compile(r"kms:|^\S*KMS"), _KMS),
    (re.compile("explicit deny"), _DENIED),
    (_ENCRYPTION, _SSE),
)
"""What code and message say together, where the code alone says too little."""

_KINDS: Final = (
    (exceptions.PartialCredentialsError, "", CREDENTIALS),
    (exceptions.NoCredentialsError, "there are no credentials", CREDENTIALS),
    (exceptions.ProfileNotFound, "", "Correct AWS_PROFILE."),
    (exceptions.SSOError, "", _LOGIN_AGAIN),
    (exceptions.TokenRetrievalError, "", _LOGIN_AGAIN),
    (exceptions.CredentialRetrievalError, "", CREDENTIALS),
    (exceptions.SSLError, "", "Name the file with the server's authority in AWS_CA_BUNDLE."),
    (exceptions.ProxyConnectionError, "", "Check HTTPS_PROXY and NO_PROXY."),
    (exceptions.ConnectionError, "", _REACH),
    (exceptions.HTTPClientError, "", _REACH),
    (exceptions.IncompleteReadError, "", _LATER),
    (exceptions.ParamValidationError, "", "Correct the URL of the state."),
    (exceptions.NoRegionError, "", _REGION),
    (ResponseParserError, "what answers there is not S3", _REACH),
)
_LOST: Final = (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError)
_PASSING: Final = re.compile(
    "BadDigest|SlowDown|Throttl|TooManyRequests|RequestTimeout$|ConditionalRequestConflict|OperationAborted|409|429"
)
_QUERY: Final = re.compile(r'\?[^\s"]*')
_USER: Final = re.compile(r"//[^/@\s]*@")
_LONGEST: Final = 300


def cause(error: Exception) -> str:
    """One line: what the server said, or why it could not be asked."""
    if isinstance(error, exceptions.ClientError):
        return f"{_line(_message(error) or 'the server refused it')} ({_code_of(error)})"
    named = next((text for kind, text, _ in _KINDS if isinstance(error, kind)), "")
    return named or _line(str(error))


def _line(text: str) -> str:
    return one_line(_USER.sub("//", _QUERY.sub("", text)), _LONGEST).rstrip(". ")


def advice(error: Exception) -> str:
    """What to do about it, "" when the cause says it all."""
    if not isinstance(error, exceptions.ClientError):
        return next((what for kind, _, what in _KINDS if isinstance(error, kind)), "")
    code = _code_of(error)
    said = f"{code} {_message(error)}"
    found = next((what for pattern, what in _SAID if pattern.search(said)), "")
    found = found or next((what for pattern, what in _CODES if pattern.search(code)), "")
    return f"{found} {_DEMANDED}" if found is _POLICY and error.operation_name == "PutObject" else found


explained: Final = explaining(FAILURES, cause, advice)


def is_refusal(error: exceptions.ClientError) -> bool:
    """Whether a condition was not met."""
    return _status_of(error) == 412 or is_absent(error)


def is_unable(error: exceptions.ClientError) -> bool:
    """Whether the server does not do such a thing; that it does not encrypt, or not so, is another matter."""
    return _status_of(error) == 501 and _ENCRYPTION.search(_message(error)) is None


def _message(error: exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message") or "")


def _code_of(error: exceptions.ClientError) -> str:
    """The error's code as S3 names it: "NoSuchKey"; the status where there is no body, as after HEAD:
    "404".
    """
    return str(error.response.get("Error", {}).get("Code") or _status_of(error))


def _status_of(error: exceptions.ClientError) -> int:
    """The HTTP status; 0 when it is not known."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)


def is_passing(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, exceptions.ClientError):
        status = _status_of(error)
        return (status >= 500 and status not in (501, 507)) or bool(_PASSING.search(_code_of(error)))
    return isinstance(error, _LOST)


def is_absent(error: exceptions.ClientError) -> bool:
    """Whether there is no such object, where there is such a bucket."""
    return _status_of(error) == 404 and _code_of(error) != "NoSuchBucket"
