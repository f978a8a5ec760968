"""GitLab, as its API answers, as far as planner asks. Source: https://docs.gitlab.com/api/notes."""

from __future__ import annotations

import re
from typing import Any

from attrs import define

from .forge_http import IDS, NUMBER, TOKEN, Answer, Asked, ForgeServer, Pull, Written, answer, paged


@define(eq=False)
class GitLabServer(ForgeServer):
    forge = "gitlab"
    root = "/api/v4"
    repository = "acme/platform/search"

    def is_known(self, asked: Asked) -> bool:
        return asked.headers.get("private-token") == TOKEN

    def respond(self, asked: Asked) -> Answer:
        project = "/api/v4/projects/acme%2Fplatform%2Fsearch"
        notes = f"{project}/merge_requests/{NUMBER}/notes"
        one = re.fullmatch(rf"{notes}/(\d+)", asked.path)
        match asked.method, asked.path:
            case "GET", path if path == notes:
                return self._list(asked)
            case "POST", path if path == notes:
                return self._too_long(asked) or answer(201, self._shown(self.made(asked.json["body"])))
            case "PUT", _ if one:
                return self._change(asked, self.comment(one[1]))
            case (("GET" | "POST"), path) if path == f"{project}/merge_requests":
                return self._requests(asked)
            case "GET", "/api/v4/user":
                return answer(200, {"id": IDS[self.me], "username": self.me})
        return answer(404, {"message": "404 Project Not Found"})

    def _list(self, asked: Asked) -> Answer:
        newest_first = asked.query.get("sort", "desc") == "desc"
        page, following = paged(self.written[:: -1 if newest_first else 1], asked, "per_page", 20)
        return answer(200, [self._shown(one) for one in page], X_Next_Page=str(following or ""))

    def _change(self, asked: Asked, found: Written | None) -> Answer:
        if found is None or found.hidden:
            return answer(404, {"message": "404 Not found"})
        refusal = self._too_long(asked)
        if refusal is None:
            found.body = asked.json["body"]
        return refusal or answer(200, self._shown(found))

    def _too_long(self, asked: Asked) -> Answer | None:
        if len(asked.json["body"]) <= self.largest:
            return None
        return answer(400, {"message": {"note": [f"is too long (maximum is {self.largest} characters)"]}})

    def _requests(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            wanted = (asked.query["source_branch"], asked.query["target_branch"])
            found = [pull for pull in self.pulls if (pull.branch, pull.base) == wanted]
            return answer(200, [self._request(pull) for pull in found])
        new = asked.json
        pull = self.opened(new["title"], new["description"], new["source_branch"], new["target_branch"])
        if pull is None:
            return answer(409, {"message": ["Another open merge request already exists"]})
        return answer(201, self._request(pull))

    def _request(self, pull: Pull) -> Any:
        ends = {"source_branch": pull.branch, "target_branch": pull.base}
        return {"iid": pull.number, "web_url": f"https://gitlab.example/merge_requests/{pull.number}", **ends}

    def _shown(self, note: Written) -> Any:
        """hidden: a note of GitLab itself, by who did what it tells of."""
        author = {"id": IDS[note.author], "username": note.author}
        shown = {"id": note.number, "author": author, "body": note.body, "system": note.hidden}
        return shown | {"noteable_iid": note.on}


SERVERS = {"gitlab": GitLabServer}
