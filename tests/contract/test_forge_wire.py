"""What planner's client of forges withstands, and where a token goes.

All forges share the client: what it alone does is tried with one of them, what depends on a forge's replies
with each.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from planner.forge.client import Client, Pauses, connect
from planner.forge.port import Credentials, ForgeError, ReplyLost, Target
from planner.forge.posting import Outcome, Posting, post
from planner.forge.registry import KINDS

from .forge_http import TOKEN, Answer, Asked, Do, Fault, ForgeServer, Naps, answer, each
from .forge_servers import (
    BitbucketServer,
    GiteaServer,
    GitHubJobServer,
    GitHubServer,
    GitLabServer,
)
from .forge_sites import (
    Site,
    asks_who,
    fail_after,
    first_times,
    garble,
    github,
    hang_up,
    lose_reply,
    marker,
    no_proxy,
    only,
    server,
    site,
    strange,
    unavailable,
)

__all__ = ["github", "no_proxy", "server", "site"]  # fixtures

# --- faults that pass -------------------------------------------------------------------------------------


def test_what_is_no_text_is_sent_as_it_came(github: Site) -> None:
    """An argument or a variable may hold any bytes."""
    target = Target("github", "https://host/api", "owner/name", 7, Credentials(TOKEN, "TOKEN"))
    client = Client(target, Pauses(), print)
    assert client.at("r\udcff", query={"branch": "b\udcff"}) == "https://host/api/r%FF?branch=b%FF"
    github.post("one \udcff")
    assert github.texts == ["one \udcff"]


@pytest.mark.parametrize("fault", [unavailable, hang_up])
def test_reading_is_tried_again(github: Site, fault: Fault) -> None:
    github.server.faults = [*each(3, fault)]
    github.post("one")
    assert github.texts == ["one"]
    assert github.naps.taken == [1.0, 2.0, 4.0]
    assert [told.rpartition("; ")[2] for told in github.told] == [
        "trying again in 1 s",
        "trying again in 2 s",
        "trying again in 4 s",
    ]
    assert all(f"{github.facts.name} at 127.0.0.1:" in told and TOKEN not in told for told in github.told)


@pytest.mark.parametrize("fault", [unavailable, hang_up, lose_reply, fail_after])
def test_a_change_is_tried_again(github: Site, fault: Fault) -> None:
    github.server.write(github.server.me, github.body("one"))

    def once(asked: Asked, do: Do) -> Answer | None:
        if b"two" not in asked.body:
            github.server.faults.append(once)
            return do(asked)
        return fault(asked, do)

    github.server.faults = [once]
    github.post("two", run=2)
    assert github.texts == ["two"]


@pytest.mark.parametrize("fault", [unavailable, hang_up, lose_reply, fail_after, garble, strange])
def test_a_comment_is_made_once_though_two_replies_are_lost(site: Site, fault: Fault) -> None:
    site.server.faults = [*each(12, first_times(2, fault))]
    posted = site.post("one")
    assert site.texts == ["one"]
    assert posted.comment
    assert posted.comment.id
    assert site.told


def test_it_gives_up_in_the_end(github: Site) -> None:
    github.server.faults = [*each(200, unavailable)]
    with pytest.raises(ForgeError, match="503 Service Unavailable") as raised:
        github.post("one")
    assert raised.value.advice
    assert len(github.server.asked) == 5
    github.server.faults = [*each(200, only("POST", unavailable))]
    with pytest.raises(ReplyLost):
        github.post("one")
    assert len(github.server.calls("POST")) == 4
    assert sum(github.naps.taken) < 60


LIMITED = [
    (429, {"Retry-After": "7"}, 7.0),
    (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000042"}, 42.0),
    (429, {"RateLimit-Reset": "1800000042"}, 42.0),
    (429, {}, 1.0),
    (403, {"Retry-After": "30"}, 30.0),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000010"}, 10.0),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("status", "headers", "wait"), LIMITED)
def test_a_rate_limit_is_waited_for(
    github: Site, method: str, status: int, headers: dict[str, str], wait: float
) -> None:
    def limit(asked: Asked, do: Do) -> Answer:
        return Answer(status, b'{"message": "slow down"}', headers)

    github.server.faults = [limit] if method == "GET" else [lambda asked, do: do(asked), limit]
    github.post("one")
    assert github.texts == ["one"]
    assert github.naps.taken == [wait]


def test_a_secondary_limit_is_waited_for(github: Site) -> None:
    words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    reset = {"X_RateLimit_Remaining": "4711", "X_RateLimit_Reset": "1800003600"}
    github.server.faults = [lambda asked, do: answer(403, {"message": words}, **reset)]
    github.post("one")
    assert github.naps.taken == [60.0]


def test_a_long_rate_limit_is_not_waited_for(github: Site) -> None:
    reset = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1800003600"}
    github.server.faults = [lambda asked, do: answer(403, {"message": "API rate limit exceeded"}, **reset)]
    with pytest.raises(ForgeError, match="API rate limit exceeded") as raised:
        github.post("one")
    assert raised.value.advice == "Run it again after 09:00 UTC."
    assert github.naps.taken == []


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_says_what_where_and_what_to_do(site: Site, status: int) -> None:
    site.server.faults = [lambda asked, do: answer(status, {"message": f"no, {TOKEN}"})]
    with pytest.raises(ForgeError) as raised:
        site.post("one")
    error = raised.value
    place = f"{site.facts.request} 7 of {site.server.repository}"
    assert error.summary.startswith(
        f"the comments of {place} cannot be read: {site.facts.name} at 127.0.0.1:"
    )
    assert f"answered {status} " in error.summary
    assert "no, (hidden)" in error.summary
    assert error.advice == KINDS[site.server.forge].advice[status]
    assert status != 404 or "--api-url" in error.advice
    assert (len(site.server.asked), site.naps.taken) == (1, [])


@pytest.mark.parametrize(
    ("said", "locked"),
    [
        ("Unable to create comment because issue is locked.", True),
        ("You cannot comment on a Locked issue", True),
        ("The account is blocked", False),
        ("Resource not accessible by integration", False),
    ],
)
def test_a_locked_conversation_is_not_the_token_s_fault(site: Site, said: str, locked: bool) -> None:
    def refuse(asked: Asked, do: Do) -> Answer:
        return do(asked) if asked.method == "GET" else answer(403, {"message": said})

    site.server.faults = [refuse] * 5
    with pytest.raises(ForgeError) as raised:
        site.post("one")
    assert said in raised.value.summary
    assert ("is locked, whatever the token may do: unlock it" in raised.value.advice) == locked
    assert (raised.value.advice == KINDS[site.server.forge].advice[403]) == (not locked)


def test_a_wrong_token_is_refused_and_not_shown(site: Site) -> None:
    wrong = evolve(site.server.credentials, token="wr0ng-t0ken")
    target = evolve(site.server.target, credentials=wrong)
    forge = connect(target)
    with pytest.raises(ForgeError) as raised:
        post(forge, Posting(marker(1), lambda limit: "one"))
    assert raised.value.status == 401
    shown = f"{raised.value.summary} {raised.value.advice} {raised.value!r} {target!r} {forge!r}"
    assert "wr0ng-t0ken" not in shown
    assert wrong.pair not in shown


def test_what_a_forge_says_nested_is_told(site: Site) -> None:
    site.server.largest = 5
    with pytest.raises(ForgeError) as raised:
        site.post("0123456789")
    assert any(words in raised.value.summary for words in ("too long", "limit", "at most", "Too Large"))


@pytest.mark.parametrize(
    "body", [b'{"an": "object"}', b"[1, 2]", b"[[", b"<html>Sign in</html>", b"null", b'{"values": 1}']
)
def test_what_is_no_list_of_comments_is_not_taken_for_none(site: Site, body: bytes) -> None:
    """Or a second comment would be made."""
    site.server.faults = [lambda asked, do: Answer(200, body)]
    with pytest.raises(ForgeError, match=r"is not understood|instead of JSON"):
        site.post("one")
    assert site.server.bodies() == []


def test_a_reply_that_does_not_end_is_given_up(github: Site) -> None:
    class Hurried(Naps):
        def clock(self) -> float:
            self.now += 200
            return self.now

    github.naps = Hurried()
    with pytest.raises(ForgeError, match="the reply does not end"):
        github.post("one")


def test_a_reply_that_is_too_large_is_given_up(github: Site) -> None:
    github.server.faults = [lambda asked, do: Answer(200, b" " * (65 * 1024 * 1024))]
    with pytest.raises(ForgeError, match="larger than 64 MiB"):
        github.post("one")
    assert len(github.server.asked) == 1


def test_a_page_to_sign_in_is_no_reply(github: Site) -> None:
    page = b"<!DOCTYPE html><title>Azure DevOps | Sign In</title>"
    github.server.faults = [lambda asked, do: Answer(203, page)]
    with pytest.raises(ForgeError, match="answered with a web page instead of JSON"):
        github.post("one")


# --- where the token goes ---------------------------------------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[ForgeServer]:
    server = GiteaServer()
    yield server
    server.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_token_is_not_sent_on_to_another_host(
    github: Site, elsewhere: ForgeServer, method: str, status: int
) -> None:
    def send_on(asked: Asked, do: Do) -> Answer:
        return Answer(status, headers={"Location": f"{elsewhere.address}{asked.path}?secret=1"})

    github.server.faults = [*each(9, only(method, send_on))]
    with pytest.raises(ForgeError, match=r"sends on to http://127\.0\.0\.1") as raised:
        github.post("one")
    assert "secret" not in raised.value.summary
    assert elsewhere.asked == []


@pytest.mark.parametrize("status", [307, 308])
def test_a_repository_that_was_renamed_is_followed(github: Site, status: int) -> None:
    def send_on(asked: Asked, do: Do) -> Answer:
        return Answer(status, headers={"Location": f"{asked.path}?{_query(asked)}"})

    github.server.faults = [send_on, lambda asked, do: do(asked), send_on]
    github.post("one")
    assert github.texts == ["one"]


def _query(asked: Asked) -> str:
    return "&".join(f"{name}={value}" for name, value in asked.query.items())


def test_redirects_in_a_circle_end(github: Site) -> None:
    github.server.faults = [*each(20, lambda asked, do: Answer(307, headers={"Location": asked.path}))]
    with pytest.raises(ForgeError, match="answered 307"):
        github.post("one")
    assert len(github.server.asked) <= 5


@pytest.mark.parametrize("to", ["http://[", "https://127.0.0.1:1/", "//evil.invalid/x", "file:///etc/passwd"])
def test_odd_redirects_are_refused(github: Site, to: str) -> None:
    github.server.faults = [lambda asked, do: Answer(307, headers={"Location": to})]
    with pytest.raises(ForgeError, match="sends on to"):
        github.post("one")


TWO_READINGS = [
    "{there}\\@{here}/x",
    "{there}@{here}/x",
    "{here}@{there}/x",
    "{there}#@{here}/x",
    "{there}?@{here}/x",
]
"""One parser takes each for a URL of here, another one for a URL of there."""


@pytest.mark.parametrize("before", ["//", "http://", "http:/", "/\\"])
@pytest.mark.parametrize("text", TWO_READINGS)
def test_nor_where_two_parsers_disagree(github: Site, elsewhere: ForgeServer, before: str, text: str) -> None:
    here, there = github.server.address.partition("//")[2], elsewhere.address.partition("//")[2]
    to = before + text.format(here=here, there=there)
    for fault in (
        lambda asked, do: Answer(307, headers={"Location": to}),
        lambda asked, do: answer(200, [], Link=f'<{to}>; rel="next"'),
    ):
        github.server.faults = [fault]
        with pytest.raises(ForgeError, match=r"sends on to|answered 404"):
            github.post("one")
    assert elsewhere.asked == []


@pytest.mark.parametrize("written", ["{url}", "//{place}\\@{here}{path}"])
@pytest.mark.parametrize("kind", [GitHubServer, BitbucketServer])
def test_a_next_page_elsewhere_is_not_asked_for(
    kind: type[ForgeServer], written: str, elsewhere: ForgeServer
) -> None:
    site = Site(kind())

    def first(asked: Asked, do: Do) -> Answer:
        place, here = (server.address.partition("//")[2] for server in (elsewhere, site.server))
        whole = f"{elsewhere.address}{asked.path}"
        url = written.format(url=whole, place=place, here=here, path=asked.path)
        if kind is BitbucketServer:
            return answer(200, {"values": [], "next": url})
        return answer(200, [], Link=f'<{url}>; rel="next"')

    site.server.faults = [first]
    with pytest.raises(ForgeError, match="sends on to"):
        site.post("one")
    assert elsewhere.asked == []
    site.server.close()


@pytest.mark.parametrize("kind", [GitHubServer, BitbucketServer, GitLabServer])
def test_pages_in_a_circle_end(kind: type[ForgeServer]) -> None:
    site = Site(kind())

    def again(asked: Asked, do: Do) -> Answer:
        url = f"{site.server.address}{asked.path}?page=2"
        if kind is BitbucketServer:
            return answer(200, {"values": [], "next": url})
        return answer(200, [], Link=f'<{url}>; rel="next"', X_Next_Page="2")

    site.server.faults = [*each(9, only("GET", again))]
    site.post("one")
    assert len(site.server.calls("GET")) == 2
    site.server.close()


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_forge_of_this_machine_is_reached_past_any_proxy(
    github: Site, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    github.post("one")
    assert github.texts == ["one"]


def test_neither_netrc_nor_cookies_are_used(
    github: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    github.server.faults = [lambda asked, do: _with_cookie(do(asked))]
    github.post("one")  # the server takes its own credentials only
    assert github.texts == ["one"]
    assert all("cookie" not in asked.headers for asked in github.server.asked)


def _with_cookie(found: Answer) -> Answer:
    return evolve(found, headers={**found.headers, "Set-Cookie": "session=1; Path=/"})


def test_a_certificate_that_nobody_trusts_ends_it(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    usage = ["-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-days", "2"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-out", str(certificate), "-keyout", str(key)]
    made = [openssl, "req", "-x509", *kind, *subject, *usage, *files]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = GiteaServer(tls=context)
    posting = Posting(marker(1), lambda limit: "one")
    with pytest.raises(ForgeError, match="certificate is not trusted") as raised:
        post(connect(server.target), posting)
    assert "REQUESTS_CA_BUNDLE" in raised.value.advice
    assert server.asked == []
    assert post(connect(evolve(server.target, ca_file=str(certificate))), posting).outcome is Outcome.CREATED
    server.close()


def test_a_forge_that_is_not_there_is_named(github: Site) -> None:
    github.server.close()
    with pytest.raises(ForgeError, match=r"GitHub at 127\.0\.0\.1:.*: the connection was refused") as raised:
        github.post("one")
    assert "--api-url" in raised.value.advice


def test_an_app_that_graphql_does_not_know_is_taken_for_the_job() -> None:
    site = Site(GitHubJobServer())
    site.server.write(site.server.me, site.body("one"))

    def refuse(asked: Asked, do: Do) -> Answer:
        return answer(200, {"errors": [{"message": "no"}]}) if asks_who(asked) else do(asked)

    site.server.faults = [*each(9, refuse)]
    assert site.post("two", run=2).outcome is Outcome.UPDATED
    site.server.close()
