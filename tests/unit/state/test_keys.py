from __future__ import annotations

import base64

import pytest

from planner.errors import StateError
from planner.state.keys import MAGIC, Altered, Keys, has_keys, read_keys

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(bytes(32)).decode()
PASSPHRASE = "correct horse battery staple"


def keys(**environ: str) -> Keys:
    return read_keys("prod-eu", {f"PLANNER_STATE_{name}": text for name, text in environ.items()})


@pytest.mark.parametrize("environ", [{"KEY": KEY}, {"PASSPHRASE": PASSPHRASE}])
@pytest.mark.parametrize("data", [b"", b"one", "ü\n\0".encode() * 1000])
def test_what_is_sealed_opens_with_the_same_key(environ: dict[str, str], data: bytes) -> None:
    sealed = keys(**environ).seal(data)
    assert sealed.startswith(MAGIC)
    assert sealed.isascii()
    assert not any(character in sealed for character in b' \n\r"\\')
    assert data[:3] not in sealed or len(data) < 3
    assert keys(**environ).open(sealed, "x") == data


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"KEY": KEY}, {"KEY": OTHER, "KEY_OLD": KEY}),
        ({"PASSPHRASE": "old"}, {"PASSPHRASE": "new", "PASSPHRASE_OLD": "old"}),
        ({"PASSPHRASE": "old"}, {"KEY": KEY, "PASSPHRASE_OLD": "old"}),
        ({"KEY": KEY}, {"PASSPHRASE": "new", "KEY_OLD": KEY}),
    ],
)
def test_a_former_key_opens_and_does_not_seal(before: dict[str, str], after: dict[str, str]) -> None:
    assert keys(**after).open(keys(**before).seal(b"text"), "x") == b"text"
    with pytest.raises(StateError, match="another key"):
        keys(**before).open(keys(**after).seal(b"text"), "x")


def test_a_wrong_key_names_what_was_looked_at() -> None:
    with pytest.raises(StateError, match="x is encrypted with another key than PLANNER_STATE_KEY"):
        keys(KEY=OTHER).open(keys(KEY=KEY).seal(b"text"), "x")


@pytest.mark.parametrize("environ", [{"KEY": KEY}, {"PASSPHRASE": PASSPHRASE}])
def test_what_was_altered_does_not_open(environ: dict[str, str]) -> None:
    sealed = keys(**environ).seal(b"text")
    with pytest.raises(Altered):
        keys(**environ).open(sealed[:-30] + bytes([sealed[-30] ^ 1]) + sealed[-29:], "x")
    for torn in (MAGIC, sealed[:12], sealed[:-5]):
        with pytest.raises((Altered, StateError)):
            keys(**environ).open(torn, "x")


def test_the_environments_own_variable_wins() -> None:
    own = keys(KEY=KEY, KEY_PROD_EU=OTHER)
    assert [secret.text for secret in own.secrets] == [OTHER]
    assert own.open(keys(KEY=OTHER).seal(b"text"), "x") == b"text"


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({}, "no key to it is set"),
        ({"KEY": "  "}, "no key to it is set"),
        ({"KEY_OLD": KEY}, "no key to it is set"),
        ({"KEY": KEY, "PASSPHRASE": "x"}, "both PLANNER_STATE_KEY and PLANNER_STATE_PASSPHRASE are set"),
    ],
)
def test_not_one_key(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(StateError, match=problem):
        keys(**environ)


@pytest.mark.parametrize("text", ["short", KEY[:-4], KEY + "AAAA", "ü" * 44])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(StateError, match="PLANNER_STATE_KEY is no key") as caught:
        keys(KEY=text).seal(b"")
    assert text not in caught.value.summary + caught.value.advice


def test_secrets_are_not_in_the_representation() -> None:
    assert PASSPHRASE not in repr(keys(PASSPHRASE=PASSPHRASE))
    assert has_keys("dev", {"PLANNER_STATE_KEY_DEV": KEY})
    assert not has_keys("dev", {"PLANNER_STATE_KEY_OLD": KEY})
