"""Gitea, as its API answers, as far as planner asks. Source: /api/swagger of an installation."""

from __future__ import annotations

import re
from typing import Any

from attrs import define

from .forge_http import IDS, NUMBER, TOKEN, Answer, Asked, ForgeServer, Pull, Written, answer, paged


@define(eq=False)
class GiteaServer(ForgeServer):
    forge = "gitea"
    lists_at_once = True
    root = "/api/v1"

    def is_known(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"token {TOKEN}"

    def respond(self, asked: Asked) -> Answer:
        repository = f"/api/v1/repos/{self.repository}"
        comments = f"{repository}/issues/{NUMBER}/comments"
        one = re.fullmatch(rf"{repository}/issues/comments/(\d+)", asked.path)
        match asked.method, asked.path:
            case "GET", path if path == comments:  # page and limit change nothing
                return answer(200, [self._shown(item) for item in self.written if not item.hidden])
            case "POST", path if path == comments:
                return self._too_long(asked) or answer(201, self._shown(self.made(asked.json["body"])))
            case "PATCH", _ if one:
                return self._change(asked, self.comment(one[1]))
            case (("GET" | "POST"), path) if path == f"{repository}/pulls":
                return self._pulls(asked)
            case "GET", "/api/v1/user":
                return self.user()
        return answer(404, {"message": "The target couldn't be found."})

    def user(self) -> Answer:
        return answer(200, {"login": self.me, "id": IDS[self.me]})

    def _change(self, asked: Asked, found: Written | None) -> Answer:
        if found is None or found.hidden:
            return answer(404, {"message": "The target couldn't be found."})
        refusal = self._too_long(asked)
        if refusal is None:
            found.body = asked.json["body"]
        return refusal or answer(200, self._shown(found))

    def _too_long(self, asked: Asked) -> Answer | None:
        """Of a proxy before it: it has no limit of its own."""
        too_long = len(asked.json["body"]) > self.largest
        page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
        return Answer(413, page, {"Content-Type": "text/html"}) if too_long else None

    def _pulls(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            page, _ = paged(self.pulls, asked, "limit", 30)
            return answer(200, [self._pull(pull) for pull in page])
        new = asked.json
        pull = self.opened(new["title"], new["body"], new["head"], new["base"])
        if pull is None:
            return answer(409, {"message": "pull request already exists for these targets"})
        return answer(201, self._pull(pull))

    def _pull(self, pull: Pull) -> Any:
        return {
            "id": pull.number,
            "html_url": f"https://gitea.example/pulls/{pull.number}",
            "head": {"ref": pull.branch, "repo": {"full_name": self.repository}},
            "base": {"ref": pull.base},
        }

    def _shown(self, item: Written) -> Any:
        user = {"login": item.author, "id": IDS[item.author]}
        url = f"https://gitea.example/{self.repository}/pulls/{NUMBER}#issuecomment-{item.number}"
        place = f"https://gitea.example/{self.repository}/pulls/{item.on}"
        shown = {"id": item.number, "user": user, "body": item.body, "html_url": url}
        return shown | {"issue_url": "", "pull_request_url": place}


@define(eq=False)
class GiteaJobServer(GiteaServer):
    """With the token of a job."""

    me = "gitea-actions"

    def user(self) -> Answer:
        return answer(403, {"message": "token does not have at least one of required scope(s)"})


SERVERS = {"gitea": GiteaServer, "gitea-job": GiteaJobServer}
