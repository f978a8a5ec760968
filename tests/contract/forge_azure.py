"""Azure DevOps, as its API answers, as far as planner asks. Source: https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any
from urllib.parse import unquote

from attrs import define

from planner.forge.port import Credentials

from .forge_http import NUMBER, TOKEN, Answer, Asked, ForgeServer, Pull, Written, answer


@define(eq=False)
class AzureServer(ForgeServer):
    """With a personal access token."""

    forge = "azure"
    lists_at_once = True
    says_where = False
    root = "/acme"
    repository = "Search Team/plans"
    credentials = Credentials(TOKEN, "AZURE_DEVOPS_PAT", "")

    def is_known(self, asked: Asked) -> bool:
        pair = b64encode(f":{TOKEN}".encode()).decode()
        return asked.headers.get("authorization") == f"Basic {pair}"

    def do(self, asked: Asked) -> Answer:
        """Unless it is asked not to, it answers an unknown token with a page for people."""
        if not self.is_known(asked) and "x-tfs-fedauthredirect" not in asked.headers:
            return Answer(203, b"<!DOCTYPE html><title>Azure DevOps | Sign In</title>")
        return super().do(asked)

    def respond(self, asked: Asked) -> Answer:
        path = unquote(asked.path)
        repository = "/acme/Search Team/_apis/git/repositories/plans"
        threads = f"{repository}/pullRequests/{NUMBER}/threads"
        one = re.fullmatch(rf"{threads}/(\d+)/comments/1", path)
        if path == "/acme/_apis/connectionData":
            return self._connection(asked)
        if asked.query.get("api-version") != "7.1":
            return _azure_error(400, "No api-version was supplied for the request.")
        match asked.method, path:
            case "GET", found if found == threads:
                return answer(200, {"value": [*map(self._thread, self.written)], "count": len(self.written)})
            case "POST", found if found == threads:
                return self._create(asked.json)
            case "PATCH", _ if one:
                return self._change(asked, self.comment(one[1]))
            case (("GET" | "POST"), found) if found == f"{repository}/pullrequests":
                return self._pulls(asked)
        return _azure_error(404, "TF401180: The requested pull request was not found.")

    def _connection(self, asked: Asked) -> Answer:
        if not asked.query.get("api-version", "").endswith("-preview"):
            return _azure_error(400, "The -preview flag must be supplied in the api-version.")
        return answer(200, {"authenticatedUser": {"id": self.me.upper()}})

    def _create(self, new: Any) -> Answer:
        (comment,) = new["comments"]
        assert (comment["parentCommentId"], comment["commentType"], new["status"]) == (0, 1, "closed")
        return self._too_long(comment["content"]) or answer(200, self._thread(self.made(comment["content"])))

    def _change(self, asked: Asked, found: Written | None) -> Answer:
        if found is None or found.hidden:
            return _azure_error(404, "TF401180: The requested comment was not found.")
        if found.author != self.me:
            return _azure_error(403, "TF401027: You need the permission to edit this comment.")
        refusal = self._too_long(asked.json["content"])
        if refusal is None:
            found.body = asked.json["content"]
        return refusal or answer(200, self._comment(found))

    def _too_long(self, content: str) -> Answer | None:
        if len(content) <= min(self.largest, 150_000):
            return None
        return _azure_error(400, "The comment content exceeds the limit of 150000 characters.")

    def _pulls(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            wanted = tuple(asked.query[f"searchCriteria.{end}RefName"] for end in ("source", "target"))
            ends = {(f"refs/heads/{pull.branch}", f"refs/heads/{pull.base}"): pull for pull in self.pulls}
            found = [pull for each, pull in ends.items() if each == wanted]
            return answer(200, {"value": [self._pull(pull) for pull in found]})
        new = asked.json
        branch, base = (new[f"{end}RefName"].removeprefix("refs/heads/") for end in ("source", "target"))
        pull = self.opened(new["title"], new["description"], branch, base)
        if pull is None:
            return _azure_error(409, "TF401179: An active pull request already exists.")
        return answer(201, self._pull(pull))

    def _pull(self, pull: Pull) -> Any:
        web = "https://azure.example/acme/Search%20Team/_git/plans"
        return {
            "pullRequestId": pull.number,
            "repository": {"webUrl": web},
            "url": "https://azure.example/api",
            "sourceRefName": f"refs/heads/{pull.branch}",
            "targetRefName": f"refs/heads/{pull.base}",
        }

    def _thread(self, item: Written) -> Any:
        return {"id": item.number, "comments": [self._comment(item)], "isDeleted": False}

    def _comment(self, item: Written) -> Any:
        """hidden: a deleted one. It stays in the list."""
        shown = {"id": 1, "author": {"id": item.author}, "content": item.body, "commentType": "text"}
        return shown | ({"isDeleted": True} if item.hidden else {})


@define(eq=False)
class AzureJobServer(AzureServer):
    """With the token of a job."""

    credentials = Credentials(TOKEN, "SYSTEM_ACCESSTOKEN")

    def is_known(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {TOKEN}"


def _azure_error(status: int, message: str) -> Answer:
    return answer(status, {"$id": "1", "message": message, "typeKey": "SomeException"})


SERVERS = {"azure": AzureServer, "azure-job": AzureJobServer}
