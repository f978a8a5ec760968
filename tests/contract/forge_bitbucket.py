"""Bitbucket Cloud, as its API answers, as far as planner asks. Source: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

from attrs import define

from planner.forge.port import Credentials

from .forge_http import NUMBER, TOKEN, Answer, Asked, ForgeServer, Pull, Written, answer, paged


@define(eq=False)
class BitbucketServer(ForgeServer):
    """With the API token of an account."""

    forge = "bitbucket"
    root = "/2.0"
    credentials = Credentials(TOKEN, "BITBUCKET_EMAIL and BITBUCKET_API_TOKEN", "bot@example.org")

    def is_known(self, asked: Asked) -> bool:
        pair = b64encode(f"bot@example.org:{TOKEN}".encode()).decode()
        return asked.headers.get("authorization") == f"Basic {pair}"

    def respond(self, asked: Asked) -> Answer:
        repository = f"/2.0/repositories/{self.repository}"
        comments = f"{repository}/pullrequests/{NUMBER}/comments"
        one = re.fullmatch(rf"{comments}/(\d+)", asked.path)
        match asked.method, asked.path:
            case "GET", path if path == comments:
                return self._list(asked)
            case "POST", path if path == comments:
                raw = asked.json["content"]["raw"]
                return self._too_long(raw) or answer(201, self._shown(self.made(raw)))
            case "PUT", _ if one:
                return self._change(asked, self.comment(one[1]))
            case (("GET" | "POST"), path) if path == f"{repository}/pullrequests":
                return self._pulls(asked)
            case "GET", "/2.0/user":
                return self.user()
        return _bitbucket_error(404, "Resource not found")

    def user(self) -> Answer:
        return answer(200, {"uuid": f"{{{self.me}}}", "display_name": self.me})

    def _list(self, asked: Asked) -> Answer:
        page, following = paged(self.written, asked, "pagelen", 10)
        url = f"{self.address}{asked.path}?pagelen={asked.query.get('pagelen', 10)}&page={following}"
        more = {"next": url} if following else {}
        return answer(200, {"values": [self._shown(item) for item in page], "pagelen": 100, **more})

    def _change(self, asked: Asked, found: Written | None) -> Answer:
        raw = asked.json["content"]["raw"]
        if found is None or found.hidden:
            return _bitbucket_error(404, "Comment not found")
        if found.author != self.me:
            return _bitbucket_error(403, "You may not edit this comment")
        refusal = self._too_long(raw)
        if refusal is None:
            found.body = raw
        return refusal or answer(200, self._shown(found))

    def _too_long(self, raw: str) -> Answer | None:
        if len(raw) <= min(self.largest, 32_768):
            return None
        return _bitbucket_error(400, "content: Ensure this value has at most 32768 characters")

    def _pulls(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            found = [pull for pull in self.pulls if self._query(pull) == asked.query["q"]]
            return answer(200, {"values": [self._pull(pull) for pull in found]})
        new = asked.json
        branch, base = (new[end]["branch"]["name"] for end in ("source", "destination"))
        pull = self.opened(new["title"], new["description"], branch, base)
        if pull is None:
            return _bitbucket_error(400, "There is already a pull request")
        return answer(201, self._pull(pull))

    def _query(self, pull: Pull) -> str:
        ends = f'source.branch.name = "{pull.branch}" AND destination.branch.name = "{pull.base}"'
        return f'state = "OPEN" AND {ends}'

    def _pull(self, pull: Pull) -> Any:
        url = f"https://bitbucket.example/pull-requests/{pull.number}"
        ends = {"source": {"branch": {"name": pull.branch}}, "destination": {"branch": {"name": pull.base}}}
        return {"id": pull.number, "links": {"html": {"href": url}}, **ends}

    def _shown(self, item: Written) -> Any:
        """A deleted one stays in the list."""
        return {
            "id": item.number,
            "pullrequest": {"id": item.on},
            "user": {"uuid": f"{{{item.author}}}"},
            "content": {"raw": item.body},
            "deleted": item.hidden,
            "links": {"html": {"href": f"https://bitbucket.example/comment-{item.number}"}},
        }


@define(eq=False)
class BitbucketAccessTokenServer(BitbucketServer):
    """With the access token of a repository, which may not ask who it is."""

    credentials = Credentials(TOKEN, "BITBUCKET_TOKEN")

    def is_known(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def user(self) -> Answer:
        return _bitbucket_error(401, "Token is invalid, expired, or not supported for this endpoint.")


def _bitbucket_error(status: int, message: str) -> Answer:
    return answer(status, {"type": "error", "error": {"message": message}})


SERVERS = {"bitbucket": BitbucketServer, "bitbucket-access-token": BitbucketAccessTokenServer}
