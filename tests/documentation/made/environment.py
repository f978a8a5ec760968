"""The variables of the process environment, of the code that reads them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.documentation.pages import ROOT

from .markdown import cell, code, table

READERS = {
    "ece/": "reaching an installation",
    "state/keys.py": "encrypted states",
    "state/postgres/": "states in PostgreSQL",
    "state/s3/": "states in S3",
    "state/http/": "states behind http",
    "forge/github.py": "GitHub",
    "forge/gitlab.py": "GitLab",
    "forge/gitea.py": "Gitea and Forgejo",
    "forge/bitbucket.py": "Bitbucket",
    "forge/azure.py": "Azure DevOps",
    "forge/locating.py": "every forge",
    "forge/client.py": "every forge",
    "state/": "states",
    "app/webhook.py": "the webhook of drift",
    "app/promotion/": "promotion",
    "config/": "variables of a project",
    "cli/": "the command line",
}
"""Beginning of a path below planner/ -> what is read for."""
NAME = re.compile(
    r"(?:EC|PLANNER|AWS|PG|TF_HTTP|TF|CI|GITHUB|GH|GITLAB|GITEA|FORGEJO|BITBUCKET|BUILD|SYSTEM|AZURE)_?[A-Z0-9_]+"
    r"|(?:HTTPS|NO)_PROXY|(?:REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_FILE|NO_COLOR"
)


def made() -> str:
    rows = [(code(name), cell(", ".join(dict.fromkeys(where)))) for name, where in sorted(read_by().items())]
    return table(["variable", "is read for"], rows)


def read_by() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "planner").rglob("*.py")):
        name = path.relative_to(ROOT / "planner").as_posix()
        purpose = next((text for begin, text in READERS.items() if name.startswith(begin)), "")
        for variable in _named(ast.parse(path.read_text(encoding="utf-8"))):
            if purpose:
                found.setdefault(variable, []).append(purpose)
    return found


def _named(tree: ast.Module) -> Iterator[str]:
    """Texts that are the name of one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
            yield node.value
