"""The keys that a state is encrypted with: a key, or a passphrase, from the process environment.

    PLANNER_STATE_KEY              32 random bytes in URL-safe base64, as Fernet.generate_key() makes them
    PLANNER_STATE_PASSPHRASE       any text; the key is derived from it with scrypt
    ..._OLD                        the former one: what it sealed is still read, nothing is sealed with it

Each also with the environment's name, as PLANNER_STATE_KEY_PROD and PLANNER_STATE_KEY_OLD_PROD; that one
wins.

A sealed text is "sealed1.<salt>.<key's id>.<Fernet token>" (https://github.com/fernet/spec), of ASCII without
blanks or line breaks. salt: of scrypt, hex, empty for a key. Fernet authenticates: what was altered does not
open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from planner.distribution import how_to_add
from planner.errors import EncryptedState, StateError
from planner.model.project import Given
from planner.state.document import refuse_newer

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

VERSION: Final = 1
MAGIC: Final = b"sealed%d." % VERSION
_ANY_VERSION: Final = re.compile(rb"sealed([0-9]{1,9})\.")
_KEY, _PASSPHRASE = "PLANNER_STATE_KEY", "PLANNER_STATE_PASSPHRASE"
_SALT_BYTES: Final = 16


def sealing(text: bytes) -> int:
    """The version of a sealed text; 0 for any other."""
    found = _ANY_VERSION.match(text)
    return int(found[1]) if found else 0


def encrypted(shown: str) -> EncryptedState:
    """The error for a reader that was told of no encryption."""
    return EncryptedState(
        f"{shown} is encrypted",
        advice="Set `encrypted: true` for the environment in planner.yaml; to decrypt it for good, see "
        "planner state rotate --help.",
    )


class Altered(ValueError):
    """A sealed text that its own key does not open."""


@frozen
class Secret:
    """One variable of the process environment. variable: its name. derived: a passphrase, not a key."""

    variable: str
    text: str = field(repr=False)
    derived: bool


@define
class Keys:
    """The keys of one state: one that seals, and all that open. secrets: the present one first; what that
    sealed and what the others did is opened.

    Both methods raise StateError when cryptography is not installed or a key is not one.
    """

    secrets: tuple[Secret, ...]
    _salt: bytes = field(factory=lambda: os.urandom(_SALT_BYTES), repr=False)
    _known: dict[tuple[str, bytes], tuple[bytes, Fernet]] = field(factory=dict, repr=False)

    @property
    def present(self) -> str:
        """The variable that the present key or passphrase is in."""
        return self.secrets[0].variable

    def seal(self, data: bytes) -> bytes:
        present = self.secrets[0]
        salt = self._salt if present.derived else b""
        id_, cipher = self._cipher(present, salt)
        return MAGIC + salt.hex().encode() + b"." + id_ + b"." + cipher.encrypt(data)

    def open(self, sealed: bytes, shown: str) -> bytes:
        """What was sealed. Altered; NewerFormat; EncryptedState when none of the keys sealed it.

        shown: what it belongs to.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - an extra

        refuse_newer(f"the encryption of {shown}", sealing(sealed), VERSION)
        try:
            salt_text, id_, token = sealed.removeprefix(MAGIC).split(b".")
            salt = bytes.fromhex(salt_text.decode())
        except ValueError:
            raise Altered from None
        for secret in self.secrets:
            if secret.derived != bool(salt):
                continue
            known_id, cipher = self._cipher(secret, salt)
            if known_id == id_:
                try:
                    return cipher.decrypt(token)
                except InvalidToken:
                    raise Altered from None
        looked = " and ".join(secret.variable for secret in self.secrets)
        raise EncryptedState(
            f"{shown} is encrypted with another key than {looked}",
            advice=f"Set the key or passphrase that it was written with; a former one as {_KEY}_OLD or "
            f"{_PASSPHRASE}_OLD.",
        )

    def _cipher(self, secret: Secret, salt: bytes) -> tuple[bytes, Fernet]:
        if (secret.variable, salt) not in self._known:
            key = _derived(secret.text, salt) if secret.derived else _decoded(secret)
            id_ = hashlib.sha256(b"planner state key id" + key).hexdigest()[:16].encode()
            self._known[secret.variable, salt] = id_, _fernet()(base64.urlsafe_b64encode(key))
        return self._known[secret.variable, salt]


def _derived(passphrase: str, salt: bytes) -> bytes:
    """A tenth of a second and 32 MiB for each guess."""
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)


def _decoded(secret: Secret) -> bytes:
    try:
        key = base64.b64decode(secret.text, altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise StateError(
            f"{secret.variable} is no key: a key is 32 bytes in URL-safe base64",
            advice="Make one: python3 -c 'import base64, os; "
            "print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
        )
    return key


def _fernet() -> type[Fernet]:
    try:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise StateError(
            "an encrypted state needs cryptography, which is not installed", advice=how_to_add("encryption")
        ) from error
    return Fernet


def has_keys(environment: str, environ: Mapping[str, str]) -> bool:
    """Whether a present key or passphrase is set for the environment."""
    return any(True for _ in _set("", environment, environ))


def read_keys(environment: str, environ: Mapping[str, str]) -> Keys:
    """The keys for an environment. StateError when none is set, or a key and a passphrase both are."""
    present = list(_set("", environment, environ))
    if len(present) != 1:
        both = " and ".join(secret.variable for secret in present)
        raise StateError(
            f"the state of {environment} is encrypted, and "
            + (f"both {both} are set" if present else "no key to it is set"),
            advice=f"Set one of {_KEY} (32 random bytes in URL-safe base64) and {_PASSPHRASE}.",
        )
    return Keys((*present, *_set("_OLD", environment, environ)))


def _set(ending: str, environment: str, environ: Mapping[str, str]) -> Iterator[Secret]:
    given = Given(environment, {}, environ)
    for name in (_KEY, _PASSPHRASE):
        text, variable = given.find("", f"{name}{ending}")
        if text is not None:
            yield Secret(variable, text, name == _PASSPHRASE)
