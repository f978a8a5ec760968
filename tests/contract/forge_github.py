"""GitHub, as its API answers, as far as planner asks. Source: https://docs.github.com/rest/issues/comments."""

from __future__ import annotations

import re
from typing import Any

from attrs import define

from .forge_http import IDS, NUMBER, TOKEN, Answer, Asked, ForgeServer, Pull, Written, answer, paged

_NO_SUCH = {"message": "Not Found"}


@define(eq=False)
class GitHubServer(ForgeServer):
    """With a personal access token."""

    forge = "github"

    def is_known(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def respond(self, asked: Asked) -> Answer:
        comments = f"/repos/{self.repository}/issues/{NUMBER}/comments"
        one = re.fullmatch(rf"/repos/{self.repository}/issues/comments/(\d+)", asked.path)
        match asked.method, asked.path:
            case "GET", path if path == comments:
                return self._list([self._shown(item) for item in self.written if not item.hidden], asked)
            case "POST", path if path == comments:
                return self._too_long(asked) or answer(201, self._shown(self.made(asked.json["body"])))
            case "PATCH", _ if one:
                return self._change(asked, self.comment(one[1]))
            case (("GET" | "POST"), path) if path == f"/repos/{self.repository}/pulls":
                return self._pulls(asked)
            case "GET", "/user":
                return self.user()
            case "POST", "/graphql":
                return answer(200, {"data": {"viewer": {"login": self.me}}})
        return answer(404, _NO_SUCH)

    def user(self) -> Answer:
        return answer(200, {"login": self.me, "id": IDS[self.me]})

    def _list(self, items: list[Any], asked: Asked) -> Answer:
        page, following = paged(items, asked, "per_page", 30)
        url = f"{self.address}{asked.path}?per_page={asked.query.get('per_page', 30)}"
        links = f'<{url}&page=1>; rel="first", <{url}&page={following}>; rel="next"'
        return answer(200, page, **({"Link": links} if following else {}))

    def _change(self, asked: Asked, found: Written | None) -> Answer:
        """Who may write to the repository may change everybody's comments."""
        if found is None or found.hidden:
            return answer(404, _NO_SUCH)
        refusal = self._too_long(asked)
        if refusal is None:
            found.body = asked.json["body"]
        return refusal or answer(200, self._shown(found))

    def _too_long(self, asked: Asked) -> Answer | None:
        if len(asked.json["body"]) <= self.largest:
            return None
        words = f"Body is too long (maximum is {self.largest} characters)"
        fault = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": words}
        return answer(422, {"message": "Validation Failed", "errors": [fault]})

    def _pulls(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            owner = self.repository.partition("/")[0]
            wanted = (asked.query["head"], asked.query["base"])
            found = [pull for pull in self.pulls if (f"{owner}:{pull.branch}", pull.base) == wanted]
            return answer(200, [self._pull(pull) for pull in found])
        new = asked.json
        pull = self.opened(new["title"], new["body"], new["head"], new["base"])
        return answer(201, self._pull(pull)) if pull else answer(422, {"message": "Validation Failed"})

    def _pull(self, pull: Pull) -> Any:
        ends = {"head": {"ref": pull.branch}, "base": {"ref": pull.base}}
        return {"number": pull.number, "html_url": f"https://github.example/pull/{pull.number}", **ends}

    def _shown(self, item: Written) -> Any:
        url = f"https://github.example/{self.repository}/pull/{NUMBER}#issuecomment-{item.number}"
        user = {"login": item.author, "id": IDS[item.author]}
        issue = f"{self.address}/repos/{self.repository}/issues/{item.on}"
        return {"id": item.number, "user": user, "body": item.body, "html_url": url, "issue_url": issue}


@define(eq=False)
class GitHubJobServer(GitHubServer):
    """With the token of a job, which is that of an app."""

    me = "github-actions[bot]"

    def user(self) -> Answer:
        return answer(403, {"message": "Resource not accessible by integration"})


SERVERS = {"github": GitHubServer, "github-job": GitHubJobServer}
