"""What planner does with comments on pull requests, the same at every forge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from planner.forge.client import Pauses, connect
from planner.forge.port import Credentials, ForgeError
from planner.forge.posting import SHORTEST, Outcome, Posting, found_in, post

from .forge_http import MALLORY, TOKEN, Answer, Asked, Do, Fault, answer, each
from .forge_sites import (
    HOSTILE,
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

# --- one comment, kept up to date -------------------------------------------------------------------------


def test_the_first_run_makes_a_comment(site: Site) -> None:
    posted = site.post(HOSTILE)
    assert posted.outcome is Outcome.CREATED
    assert site.texts == [HOSTILE]
    assert found_in(site.server.bodies()[0]) == marker(1)


def test_the_next_run_changes_that_comment(site: Site) -> None:
    site.post("one")
    posted = site.post("two", run=2)
    assert posted.outcome is Outcome.UPDATED
    assert site.texts == ["two"]
    assert found_in(site.server.bodies()[0]) == marker(2)
    assert (
        len(site.server.calls("POST")) == len([one for one in site.server.calls("POST") if asks_who(one)]) + 1
    )


def test_without_changes_no_comment_is_made(site: Site) -> None:
    posted = site.post("nothing", needed=False)
    assert posted.outcome is Outcome.NOT_NEEDED
    assert site.server.bodies() == []
    assert site.server.calls("POST", "PUT", "PATCH") == []


def test_without_changes_the_comment_that_is_there_says_so(site: Site) -> None:
    site.post("changes")
    assert site.post("nothing", run=2, needed=False).outcome is Outcome.UPDATED
    assert site.texts == ["nothing"]


@pytest.mark.parametrize("before", [0, 99, 100, 230])
def test_the_comment_is_found_among_many(site: Site, before: int) -> None:
    for number in range(before):
        site.server.write(MALLORY, f"comment {number}")
    site.server.write(site.server.me, site.body("one"))
    for number in range(120):
        site.server.write(MALLORY, f"later comment {number}")
    assert site.post("two", run=2).outcome is Outcome.UPDATED
    assert site.texts == ["two"]
    lists = [
        asked for asked in site.server.calls("GET") if asked.path.endswith(("comments", "notes", "threads"))
    ]
    assert len(lists) == (1 if site.server.lists_at_once else (before + 120) // 100 + 1)


def test_another_id_is_another_comment(site: Site) -> None:
    site.server.write(site.server.me, site.body("other", marker_id="other"))
    site.post("one")
    site.post("two", run=2)
    assert site.texts == ["other", "two"]


def test_what_is_hidden_is_no_comment(site: Site) -> None:
    """Deleted ones, and the forge's own notes."""
    site.server.write(site.server.me, site.body("gone"), hidden=True)
    assert site.post("one").outcome is Outcome.CREATED
    assert site.texts == ["one"]


def test_a_comment_that_was_deleted_meanwhile_is_made_anew(site: Site) -> None:
    site.server.write(site.server.me, site.body("one"))

    def delete(asked: Asked, do: Do) -> Answer:
        found = do(asked)
        site.server.written[0].hidden = True
        return found

    site.server.faults = [delete]
    assert site.post("two", run=2).outcome is Outcome.CREATED
    assert site.texts == ["two"]


# --- whose comment it is ----------------------------------------------------------------------------------


def test_the_marker_of_somebody_else_is_ignored(site: Site) -> None:
    """Neither is their comment changed, nor does its run count."""
    body = site.body("not planner's", run=999)
    site.server.write(MALLORY, body)
    assert site.post("one").outcome is Outcome.CREATED
    assert site.post("two", run=2).outcome is Outcome.UPDATED
    assert site.texts == ["two"]
    assert site.server.bodies(MALLORY) == [body]


def test_a_marker_that_is_only_quoted_is_none(site: Site) -> None:
    quoting = f"See:\n\n{site.body('one')}\n\nI see"
    site.server.write(site.server.me, quoting)
    assert site.post("two").outcome is Outcome.CREATED
    assert site.server.bodies(site.server.me)[0] == quoting


def test_nobody_is_asked_who_one_is_before_it_matters(site: Site) -> None:
    site.server.write(MALLORY, "hello")
    site.post("one")
    assert not [asked for asked in site.server.asked if asked.path.endswith(("user", "connectionData"))]


# --- replies about another ---------------------------------------------------------------------------------


def with_id(asked: Asked, do: Do, id_: Any) -> Answer:
    """The answer, with another id where it is a comment, and at every comment of a list."""
    found = do(asked)
    document = json.loads(found.body)
    return evolve(found, body=json.dumps(_with_id(document, id_)).encode())


def _with_id(value: Any, id_: Any) -> Any:
    if isinstance(value, list):
        return [_with_id(item, id_) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _with_id(item, id_) for key, item in value.items() if key in ("values", "value")}
    is_comment = value.keys() & {"body", "content"} or "comments" in value
    return {**value, **kept} | ({"id": id_} if is_comment else {})


def changes(asked: Asked) -> bool:
    return asked.method in ("PUT", "PATCH") or (asked.method == "POST" and not asks_who(asked))


@pytest.mark.parametrize("id_", [102, "102", "..", "", None])
def test_a_change_that_is_answered_with_another_comment_is_looked_for(site: Site, id_: Any) -> None:
    site.server.write(site.server.me, site.body("one"))
    site.server.write(MALLORY, "hello")
    left = [1]

    def confuse(asked: Asked, do: Do) -> Answer:
        mixed = changes(asked) and "two" in asked.body.decode() and left and left.pop()
        return with_id(asked, do, id_) if mixed else do(asked)

    site.server.faults = [*each(30, confuse)]
    if id_ in (102, "102"):
        assert site.post("two", run=2).outcome is Outcome.UPDATED
        assert site.naps.taken
    else:
        with pytest.raises(ForgeError, match="is not understood"):
            site.post("two", run=2)
    assert site.texts == ["two"]
    assert site.server.bodies(MALLORY) == ["hello"]


def test_a_comment_that_is_answered_with_one_that_was_there_is_looked_for(site: Site) -> None:
    site.server.write(MALLORY, "hello")
    site.server.faults = [*each(30, first_times(1, lambda asked, do: with_id(asked, do, 101)))]
    assert site.post("one").outcome is Outcome.UPDATED
    assert site.texts == ["one"]
    assert site.server.bodies(MALLORY) == ["hello"]


@pytest.mark.parametrize("id_", ["..", ".", "", "a/b", "1?x", "1" * 201, None, True, [1], {"a": 1}])
def test_a_listed_comment_that_no_request_could_name_ends_it(site: Site, id_: Any) -> None:
    site.server.write(site.server.me, site.body("one"))
    site.server.faults = [*each(30, only("GET", lambda asked, do: with_id(asked, do, id_)))]
    with pytest.raises(ForgeError, match="comments that cannot be told apart by their ids"):
        site.post("two", run=2)
    assert site.texts == ["one"]
    assert not [asked for asked in site.server.asked if changes(asked)]


def test_one_id_for_two_comments_ends_it(site: Site) -> None:
    site.server.write(site.server.me, site.body("one"))
    site.server.write(MALLORY, "hello")
    site.server.faults = [*each(30, only("GET", lambda asked, do: with_id(asked, do, 101)))]
    with pytest.raises(ForgeError, match="comments that cannot be told apart by their ids"):
        site.post("two", run=2)
    assert (site.texts, site.server.bodies(MALLORY)) == (["one"], ["hello"])


def test_one_comment_that_two_pages_show_is_one(site: Site) -> None:
    site.server.write(site.server.me, site.body("one"))
    site.server.written.append(site.server.written[0])
    assert site.post("two", run=2).outcome is Outcome.UPDATED
    assert site.texts == ["two", "two"]  # the same one, twice in the list


def test_a_list_of_another_pull_request_ends_it(site: Site) -> None:
    """Its comment has the same marker: it would be overwritten."""
    site.server.write(site.server.me, site.body("one"))
    site.server.written[0].on = 8
    if not site.server.says_where:
        return
    with pytest.raises(ForgeError, match=f"a comment on 8 on {site.facts.request} 7"):
        site.post("two", run=2)
    assert site.texts == ["one"]


# --- the newest run wins ----------------------------------------------------------------------------------

ORDER: list[tuple[tuple[int | None, int], bool]] = [
    ((6, 1), True),
    ((5, 2), True),
    ((5, 3), True),
    ((5, 1), False),
    ((4, 9), False),
    ((None, 1), True),
]


@pytest.mark.parametrize(("run", "wins"), ORDER)
def test_the_newest_run_wins(site: Site, run: tuple[int | None, int], wins: bool) -> None:
    site.server.write(site.server.me, site.body("there", run=5, attempt=2))
    posted = site.post("mine", *run)
    assert site.texts == (["mine"] if wins else ["there"])
    assert posted.outcome is (Outcome.UPDATED if wins else Outcome.OUTDATED)


def test_an_older_run_says_what_was_newer(site: Site) -> None:
    site.server.write(site.server.me, site.body("there", run=12, attempt=3))
    posted = site.post("mine", run=11, attempt=9)
    assert posted.newer == marker(12, 3)
    assert posted.words.startswith("The comment was left as it is: run 12 (attempt 3) is newer")
    assert site.texts == ["there"]


def test_a_run_without_a_number_replaces_no_comment_of_one_that_has_one(site: Site) -> None:
    site.server.write(site.server.me, site.body("there", run=12))
    with pytest.raises(ForgeError, match="whether this run is newer than run 12") as raised:
        site.post("mine", None, disorder="GITHUB_RUN_ID")
    assert raised.value.advice.startswith("Set GITHUB_RUN_ID")
    assert site.texts == ["there"]


def test_runs_without_numbers_keep_one_comment_among_themselves(site: Site) -> None:
    assert site.post("one", None, disorder="GITHUB_RUN_ID").outcome is Outcome.CREATED
    assert site.post("two", None, disorder="GITHUB_RUN_ID").outcome is Outcome.UPDATED
    assert site.post("three", 1).outcome is Outcome.UPDATED
    assert site.texts == ["three"]


def test_after_a_comment_by_hand_an_older_run_still_comes_too_late(site: Site) -> None:
    site.server.write(site.server.me, site.body("run 12", run=12, attempt=2))
    assert site.post("by hand", None).outcome is Outcome.UPDATED
    assert found_in(site.server.bodies(site.server.me)[0]) == marker(12, 2)
    assert site.post("run 11", 11).outcome is Outcome.OUTDATED
    assert site.texts == ["by hand"]
    assert site.post("run 13", 13).outcome is Outcome.UPDATED


def test_of_two_comments_the_one_of_the_newest_run_stays(site: Site) -> None:
    site.server.write(site.server.me, site.body("run 5", run=5))
    site.server.write(site.server.me, site.body("run 4", run=4))
    site.post("run 6", run=6)
    first, second = site.texts
    assert first == "run 6"
    assert second.startswith("Superseded: see ")
    writes = len(site.server.calls("PUT", "PATCH"))
    site.post("run 7", run=7)
    assert site.texts == ["run 7", second]
    own = [asked for asked in site.server.calls("PUT", "PATCH")[writes:] if b"run 7" in asked.body]
    assert len(own) == 1


def test_of_two_comments_of_one_run_the_later_stays(site: Site) -> None:
    for text in ("one", "two"):
        site.server.write(site.server.me, site.body(text))
    assert site.post("three", run=2).outcome is Outcome.UPDATED
    assert site.texts[1] == "three"


def test_what_became_of_it_in_words(github: Site) -> None:
    at = ": https://github.example/acme/search/pull/7#issuecomment-101"
    assert github.post("none", needed=False).words == "No comment was made: there are no changes."
    assert github.post("one", run=2).words == f"The comment was created{at}"
    assert github.post("two", run=3).words == f"The comment was updated{at}"
    newer = f"The comment was left as it is: run 3 (attempt 1) is newer{at}"
    assert github.post("old", run=1).words == newer


# --- size -------------------------------------------------------------------------------------------------


def test_the_text_is_made_for_the_limit_and_the_marker(site: Site) -> None:
    limits = []

    def render(limit: int) -> str:
        limits.append(limit)
        return "x" * limit

    post(site.forge, Posting(marker(1), render))
    assert limits == [site.facts.limit - len(site.body(""))]
    assert len(site.server.bodies()[0]) == site.facts.limit


@pytest.mark.parametrize("there", [False, True], ids=["new", "there"])
def test_what_is_too_long_is_made_anew_and_shorter(site: Site, there: bool) -> None:
    site.server.largest = site.facts.limit // 3
    if there:
        site.server.write(site.server.me, site.body("there"))
    post(site.forge, Posting(marker(2), lambda limit: f"begin {'x' * (limit - 10)} end"))
    (text,) = site.texts
    assert text.startswith("begin ")
    assert text.endswith(" end")
    assert site.facts.limit // 5 < len(text) <= site.server.largest


def test_a_text_that_gets_no_shorter_is_not_sent_for_ever(site: Site) -> None:
    site.server.largest = 100
    with pytest.raises(ForgeError, match="cannot be commented on") as raised:
        post(site.forge, Posting(marker(1), lambda limit: "x" * 5000))
    assert raised.value.status in (400, 413, 422)
    assert len(site.server.calls("POST")) == 2
    assert site.server.bodies() == []


def test_it_gives_up_where_size_is_not_the_reason(site: Site) -> None:
    site.server.largest = 10
    with pytest.raises(ForgeError):
        post(site.forge, Posting(marker(1), lambda limit: "x" * limit))
    assert min(len(asked.body) for asked in site.server.calls("POST")) >= SHORTEST


# --- opening a pull request -------------------------------------------------------------------------------

BRANCH, BASE = "promote/prod 1", "main"


def open_one(site: Site, branch: str = BRANCH) -> str:
    forge = connect(
        evolve(site.server.target, number=None), pauses=Pauses(sleep=site.naps.sleep, clock=site.naps.clock)
    )
    return forge.open_pull_request("Promote", HOSTILE, branch, BASE)


def test_a_pull_request_is_opened(site: Site) -> None:
    url = open_one(site)
    (pull,) = site.server.pulls
    assert (pull.title, pull.body, pull.branch, pull.base) == ("Promote", HOSTILE, BRANCH, BASE)
    assert url.startswith("https://")
    assert url.endswith(f"/{pull.number}")


def test_one_that_is_open_is_found(site: Site) -> None:
    """Also behind more than one page of others."""
    for number in range(60):
        open_one_at_server(site, f"branch-{number}")
    url = open_one(site)
    assert open_one(site) == url
    assert len(site.server.pulls) == 61
    assert open_one(site, "another") != url


def open_one_at_server(site: Site, branch: str) -> None:
    site.server.opened("Other", "", branch, BASE)


@pytest.mark.parametrize("fault", [unavailable, hang_up, lose_reply, fail_after, garble, strange])
def test_a_pull_request_is_opened_once_though_the_reply_is_lost(site: Site, fault: Fault) -> None:
    site.server.faults = [*each(12, first_times(1, fault))]
    url = open_one(site)
    assert [url.rpartition("/")[2]] == [str(pull.number) for pull in site.server.pulls]


def test_a_list_of_other_pull_requests_holds_none(site: Site) -> None:
    """As from a forge, or a cache, that does not look at what it was asked for."""
    open_one_at_server(site, "other")
    other = open_one(site, "other")

    def confuse(asked: Asked, do: Do) -> Answer:
        renamed = {name: value.replace(BRANCH, "other") for name, value in asked.query.items()}
        return do(evolve(asked, query=renamed))

    site.server.faults = [*each(30, only("GET", confuse))]
    assert open_one(site) != other
    assert [pull.branch for pull in site.server.pulls] == ["other", BRANCH]


def test_a_pull_request_that_is_answered_with_another_is_looked_for(site: Site) -> None:
    open_one_at_server(site, "other")
    theirs = open_one(site, "other")
    left = [1]

    def confuse(asked: Asked, do: Do) -> Answer:
        found = do(asked)
        mixed = asked.method == "POST" and left and left.pop()
        return evolve(found, body=found.body.replace(BRANCH.encode(), b"other")) if mixed else found

    site.server.faults = [*each(30, confuse)]
    url = open_one(site)
    assert url != theirs
    assert [pull.branch for pull in site.server.pulls] == ["other", BRANCH]
    assert site.naps.taken


def test_it_says_why_none_can_be_opened(site: Site) -> None:
    site.server.faults = [*each(9, only("POST", lambda asked, do: answer(422, {"message": "No commits"})))]
    with pytest.raises(ForgeError, match=f"a {site.facts.request} cannot be opened in .*: No commits"):
        open_one(site)


def test_without_a_number_there_is_nothing_to_comment_on(site: Site) -> None:
    forge = connect(evolve(site.server.target, number=None))
    with pytest.raises(Exception, match="not known") as raised:
        post(forge, Posting(marker(1), lambda limit: "one"))
    assert type(raised.value).__name__ == "WrongUsage"
    assert site.server.asked == []


@pytest.mark.parametrize(("token", "count"), [("wrong", 0), ("1234567", 0), ("12345678", 2), (TOKEN, 2)])
def test_a_word_is_no_secret(token: str, count: int) -> None:
    """It would be taken out of every message."""
    assert len(Credentials(token, "THE_TOKEN").secrets) == count


def test_credentials_show_nothing() -> None:
    given = Credentials(TOKEN, "THE_TOKEN", "bot@example.org")
    assert TOKEN not in repr(given)
    assert given.pair not in repr(given)
