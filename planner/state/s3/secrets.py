"""What botocore authenticates with, seen where it uses it, whatever file, profile or service it is from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen
from botocore import UNSIGNED

_TOKEN_FILE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105  # the variable's name
_LONGEST: Final = 64 * 1024


@frozen
class SecretsUsed:
    """Those that the clients of one session used so far. session: whose clients are made afterwards."""

    _used: set[str] = field(factory=set)

    def see(self, session: Any) -> None:
        session.register("before-sign", self._of_signature)
        session.register("before-parameter-build", self._of_parameters)
        self._used.update(_of_container())

    def __call__(self) -> tuple[str, ...]:
        return tuple(self._used)

    def _of_signature(self, request_signer: Any, signing_name: str, region_name: str, **told: Any) -> None:
        """Of requests to S3, and of those by which a role is assumed."""
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
        yield file.read(_LONGEST).strip()
