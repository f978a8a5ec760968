"""s3://bucket[/prefix or key.json][?endpoint=...&region=...&path_style=true&allow_http=true]: its place.

sse=AES256, aws:kms or aws:kms:dsse, with sse_kms_key_id=... for a certain key: how the server is to encrypt
it. Without that it does as the bucket says, which may be that it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from attrs import evolve, field, frozen

from planner.errors import StateError
from planner.net.address import Address, Flaw, NoAddress, base_of

OPTIONS: Final = ("allow_http", "endpoint", "path_style", "region", "sse", "sse_kms_key_id")
CREDENTIALS: Final = (
    "Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN), from AWS_PROFILE "
    "and the files in ~/.aws, or from the machine's role."
)

_SECRETS: Final = re.compile("key|secret|token|password|credential", re.IGNORECASE)
_EXAMPLE: Final = "Write it as s3://bucket or s3://bucket/prefix."
_SSE: Final = ("AES256", "aws:kms", "aws:kms:dsse")
_TRUTH: Final = {"true": True, "false": False}


@frozen
class S3Target:
    """Where a state is kept in S3. key: of the present snapshot. endpoint: of the server, None: botocore
    knows. shown: for messages.

    path_style: whether the bucket stands in the path, not in the host's name; None: where it is not AWS.
    encryption: what every write asks for, as PutObject has it; nothing: as the bucket says.
    """

    bucket: str
    key: str
    endpoint: str | None = None
    region: str | None = None
    path_style: bool | None = None
    allow_http: bool = False
    encryption: Mapping[str, str] = field(factory=dict)

    @property
    def shown(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def base(self) -> str:
        """What the keys of all its objects begin with."""
        return self.key.removesuffix(".json")


def s3_target(url: str, *, project: str, environment: str) -> S3Target:
    """The target that a URL names. StateError for one that holds credentials or cannot be understood."""
    parts, options = _split(url)
    if not parts.netloc:
        raise StateError("the URL of the state names no bucket", advice=_EXAMPLE)
    target = S3Target(
        bucket=parts.netloc,
        key=_key(unquote(parts.path).strip("/"), project, environment),
        endpoint=options.get("endpoint"),
        region=options.get("region"),
        path_style=_truth(options, "path_style"),
        allow_http=_truth(options, "allow_http") or False,
        encryption=_encryption(options.get("sse"), options.get("sse_kms_key_id")),
    )
    if target.endpoint is None:
        return target
    return evolve(target, endpoint=check_endpoint(target.endpoint, target).url)


def _split(url: str) -> tuple[SplitResult, dict[str, str]]:
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError as error:
        raise StateError(f"the URL of the state is not understood: {error}") from error
    if "@" in parts.netloc or any(map(_SECRETS.search, options.keys() - set(OPTIONS))):
        raise StateError(
            "the URL of the state holds credentials, which a file of the project must not",
            advice=f"Take them out. {CREDENTIALS}",
        )
    unknown = sorted(options.keys() - set(OPTIONS))
    if unknown or parts.fragment:
        raise StateError(
            f"the URL of the state has an unknown option {unknown[0]!r}" if unknown else "the URL has a #",
            advice=f"Known are {', '.join(OPTIONS)}.",
        )
    return parts, options


def _key(path: str, project: str, environment: str) -> str:
    if path.endswith(".json"):
        return path
    return "/".join(filter(None, (path, project, environment))) + ".json"


def _encryption(sse: str | None, key: str | None) -> Mapping[str, str]:
    if sse is not None and sse not in _SSE:
        raise StateError(
            f"sse in the URL of the state is {sse!r}, which no server-side encryption is called",
            advice=f"Known are {', '.join(_SSE)}.",
        )
    if key is not None and (not key or sse in (None, "AES256")):
        raise StateError(
            "sse_kms_key_id in the URL of the state is for a key of KMS",
            advice="Name one, and add sse=aws:kms; or take it out.",
        )
    asked = {"ServerSideEncryption": sse, "SSEKMSKeyId": key}
    return {name: value for name, value in asked.items() if value is not None}


def _truth(options: dict[str, str], name: str) -> bool | None:
    told = options.get(name)
    if told is None:
        return None
    if told.lower() not in _TRUTH:
        raise StateError(f"{name} in the URL of the state is neither true nor false")
    return _TRUTH[told.lower()]


def check_endpoint(endpoint: str, target: S3Target) -> Address:
    """StateError when endpoint is no address, or when the state would travel there for everybody to read."""
    try:
        found = base_of(endpoint)
    except NoAddress as error:
        advice = "Write https://host[:port]."
        if error.flaw is Flaw.CREDENTIALS:
            advice = f"Take them out. {CREDENTIALS}"
        raise StateError(f"the endpoint of {target.shown} {error}", advice=advice) from None
    if found.in_the_clear and not target.allow_http:
        raise StateError(
            f"the endpoint {found.url} of {target.shown} would get the state unencrypted",
            advice="Use https, or add allow_http=true to the URL of the state.",
        )
    return found
