from __future__ import annotations

import itertools
from urllib.parse import urlsplit

import pytest
from urllib3.util import parse_url

from planner.net.address import Address, Elsewhere, Flaw, NoAddress, address_of, is_loopback, led_to, onward

HOME = address_of("https://forge.example/api/v4")
AT = address_of("https://forge.example/api/v4/items?page=1")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://forge.example", "https://forge.example"),
        ("HTTPS://Forge.Example:8443/A/b", "https://forge.example:8443/A/b"),
        ("http://[0:0::1]:1/s?a=b&c", "http://[::1]:1/s?a=b&c"),
        ("https://h/ü?ß", "https://h/%C3%BC?%C3%9F"),
        ("https://h/a%2Fb//c/../d", "https://h/a%2Fb//c/../d"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://h/a@b:c", "https://h/a@b:c"),
        ("https://h:/x", "https://h/x"),
        ("https://h?a=b", "https://h?a=b"),
    ],
)
def test_an_address(text: str, written: str) -> None:
    assert address_of(text).url == written
    assert address_of(written) == address_of(text)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", Flaw.NOT_HTTP),
        ("h", Flaw.NOT_HTTP),
        ("h:80/x", Flaw.NOT_HTTP),
        ("ftp://h", Flaw.NOT_HTTP),
        ("https:h", Flaw.NOT_HTTP),
        ("https:///h", Flaw.NOT_HTTP),
        ("https://?h", Flaw.NOT_HTTP),
        ("https://h\\@evil", Flaw.NOT_HTTP),
        ("https://h/\\evil", Flaw.NOT_HTTP),
        ("https://user@h", Flaw.CREDENTIALS),
        ("https://user:p@ss@h", Flaw.CREDENTIALS),
        ("https://@h", Flaw.CREDENTIALS),
        ("https://h#x", Flaw.MORE),
        ("https://h/ x", Flaw.MORE),
        ("https://h\t.evil", Flaw.MORE),
        ("https://h\r\nX: y", Flaw.MORE),
        ("https://h\x00", Flaw.MORE),
        ("https://h:x", Flaw.UNCLEAR),
        ("https://h:65536", Flaw.UNCLEAR),
        ("https://h:8\u0660", Flaw.UNCLEAR),
        ("https://[::1", Flaw.UNCLEAR),
        ("https://[::1]x", Flaw.UNCLEAR),
        ("https://[127.0.0.1]", Flaw.UNCLEAR),
        ("https://[fe80::1%25eth0]", Flaw.UNCLEAR),
        ("https://h%2eevil", Flaw.UNCLEAR),
        ("https://h|evil", Flaw.UNCLEAR),
        ("https://" + "h" * 300, Flaw.UNCLEAR),
        ("https://\u2488", Flaw.UNCLEAR),
    ],
)
def test_what_is_no_address(text: str, flaw: Flaw) -> None:
    with pytest.raises(NoAddress) as caught:
        address_of(text)
    assert caught.value.flaw is flaw
    assert str(caught.value).startswith(flaw.value)


PIECES = ["//", "\\", "@", "evil.example", "forge.example", ":443", "?", "#", "[::1]", "https:"]


def test_every_parser_reads_what_is_sent_as_it_is_meant() -> None:
    """Whatever the text: an address is written so that nobody can take it for another one."""
    found = 0
    for parts in itertools.product(PIECES, repeat=4):
        try:
            address = address_of("https://" + "".join(parts))
        except NoAddress:
            continue
        found += 1
        split, parsed = urlsplit(address.url), parse_url(address.url)
        assert (split.scheme, (split.hostname or ""), split.port, split.username) == (
            "https",
            address.host,
            address.port,
            None,
        )
        assert (parsed.scheme, (parsed.host or "").strip("[]"), parsed.port, parsed.auth) == (
            "https",
            address.host,
            address.port,
            None,
        )
        assert address_of(address.url) == address
    assert found > 100


def test_onward_is_home_or_nowhere() -> None:
    reached = set()
    for parts in itertools.product(PIECES, repeat=4):
        try:
            found = onward("".join(parts), AT, HOME)
        except Elsewhere:
            continue
        reached.add(found.origin)
        assert urlsplit(found.url).hostname == parse_url(found.url).host == "forge.example"
    assert reached == {("https", "forge.example", 443)}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("/other?page=2", "https://forge.example/other?page=2"),
        ("?page=2", "https://forge.example/api/v4/items?page=2"),
        ("more", "https://forge.example/api/v4/more"),
        ("//forge.example/x", "https://forge.example/x"),
        ("https://FORGE.example:443/x#y", "https://forge.example:443/x"),
        ("", "https://forge.example/api/v4/items?page=1"),
    ],
)
def test_where_a_reply_sends_on_to(text: str, url: str) -> None:
    assert onward(text, AT, HOME).url == url


@pytest.mark.parametrize(
    "text",
    [
        "http://forge.example/x",
        "https://forge.example:8443/x",
        "https://evil.example/x",
        "//evil.example/x",
        "//evil.example\\@forge.example/x",
        "https://forge.example@evil.example/x",
        "https://forge.example\\.evil.example/x",
        "https:\\\\evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\t//evil.example",
        "javascript:x",
        "http://[",
    ],
)
def test_elsewhere(text: str) -> None:
    with pytest.raises(Elsewhere):
        onward(text, AT, HOME)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://ann:x@other.example/in?a=b", "https://other.example/in?a=b"),
        ("//ann@other.example", "https://other.example"),
        ("/in", "https://forge.example/in"),
        ("http://[", None),
        ("https://other.example\\@x", None),
    ],
)
def test_what_a_reply_names_is_shown_without_credentials(text: str, url: str | None) -> None:
    found = led_to(text, AT)
    assert (found.url if found else None) == url


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("notlocalhost", False),
        ("169.254.169.254", False),
        ("::ffff:1.2.3.4", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here
    assert Address("http", host, None, "").in_the_clear is not here
