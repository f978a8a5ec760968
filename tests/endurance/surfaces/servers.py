"""Surfaces of servers: some of their replies are spoiled."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl, urlsplit

from werkzeug.test import Client

from planner.sandbox import create_app
from tests.acceptance.jobs import Enterprise
from tests.contract import forge_http, http_state_server
from tests.contract.forge_servers import SERVERS
from tests.contract.s3_server import VARIABLES
from tests.endurance.commands import PATIENCE, call
from tests.endurance.noise import Words
from tests.endurance.promises import promise
from tests.endurance.replies import Ask, Noisy, asking, serving
from tests.endurance.spoils import GARBAGE, LIES, Answer

from .site import PREVIEW, Site

Write = Callable[[int], Sequence[Words]]
"""Makes a project for a server on that port; what is run: with good replies, and at last with others."""


def _through(site: Site, ask: Ask, write: Write) -> None:
    noisy = Noisy(ask, site.random)
    with serving(noisy) as port:
        *before, spoiled = write(port)
        codes = [call(site.folder, *words).code for words in before]
        noisy.arm(
            (*GARBAGE, *LIES), {site.random.randint(1, 9) for _ in range(site.random.choice((1, 1, 3)))}
        )
        call(site.folder, *spoiled)
        noisy.arm((), set())
        if codes == [0] and (site.folder / "planner.yaml").exists():
            done = call(site.folder, "state", "list")
            promise(done.code == 0, f"the state cannot be read any more: {done}")


API = (
    "apply",
    "plan",
    "drift",
    "export extension",
    "import extension.z 1 --file templates/z.yaml",
    "destroy",
    "show",
)


def api(site: Site) -> None:
    def write(port: int) -> Sequence[Words]:
        _write_project(site.folder, endpoint=f"http://127.0.0.1:{port}")
        return _some(API, site.random)

    with create_app(site.folder.with_suffix(".db")) as app:
        _through(site, asking(Client(app)), write)


def _some(lines: Sequence[str], random: Random) -> Sequence[Words]:
    """One of them, at times behind an apply; none asks."""
    chosen = (*random.choice(((), ("apply",))), random.choice(lines))
    asks = ("apply", "destroy", "import")
    return [(*line.split(), *(["--auto-approve"] if line.split()[0] in asks else [])) for line in chosen]


TEMPLATE = """
resource:
  extension:
    a: {name: a, extension_type: bundle, version: "8.*", description: one}
    b: {name: b, extension_type: bundle, version: "8.*", description: "{{ resource.extension.a.url }}"}
output: {a: "{{ resource.extension.a.url }}"}
"""


def _write_project(folder: Path, **options: object) -> None:
    environment = {"endpoint": "sandbox", **options}
    files = {
        "planner.yaml": json.dumps({"project": "hostile", "environments": {"dev": environment}}),
        "templates/main.yaml": TEMPLATE,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


STATES = (
    "apply",
    "plan",
    "state list",
    "state history",
    "lock show",
    "output",
    "state rm extension.b",
    "state pull",
)


def http_state(site: Site) -> None:
    server = http_state_server.StateServer(etags=site.random.random() < 0.5)
    path = server.new_path(site.random.choice((http_state_server.PLAIN, http_state_server.GITLAB)))

    def ask(method: str, sent: str, headers: dict[str, str], body: bytes) -> Answer:
        found = server.do(http_state_server.Asked.of(method, sent, headers, body))
        return Answer(found.status, tuple(found.headers.items()), found.body)

    _through(site, ask, lambda port: _with_state(site, f"http://127.0.0.1:{port}{path}"))


def _with_state(site: Site, url: str) -> Sequence[Words]:
    encrypted = site.random.random() < 0.3
    if encrypted:
        os.environ["PLANNER_STATE_KEY"] = "A" * 43 + "="
    _write_project(site.folder, state=url, encrypted=encrypted)
    return _some(STATES, site.random)


def s3_state(site: Site) -> None:
    url = urlsplit(site.bucket)
    os.environ.update(VARIABLES)

    def ask(method: str, sent: str, headers: dict[str, str], body: bytes) -> Answer:
        endpoint = urlsplit(dict(parse_qsl(url.query))["endpoint"])
        connection = HTTPConnection(endpoint.netloc, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, sent, body, headers)
            found = connection.getresponse()
            return Answer(found.status, tuple(found.getheaders()), found.read())

    key = f"x-{site.folder.name}"

    def write(port: int) -> Sequence[Words]:
        return _with_state(site, f"s3://{url.netloc}/{key}?endpoint=http://127.0.0.1:{port}&region=us-east-1")

    _through(site, ask, write)


FORGES: Mapping[str, type[forge_http.ForgeServer]] = {
    "GH_TOKEN": Enterprise,
    "GITLAB_TOKEN": SERVERS["gitlab"],
    "GITEA_TOKEN": SERVERS["gitea"],
    "FORGEJO_TOKEN": SERVERS["gitea-job"],
    "BITBUCKET_TOKEN": SERVERS["bitbucket-access-token"],
    "SYSTEM_ACCESSTOKEN": SERVERS["azure-job"],
}
"""By the variable of their token."""


def forge(site: Site) -> None:
    """A comment on a pull request, made and made anew, or a pull request."""
    variable = site.random.choice(list(FORGES))
    server = FORGES[variable]()
    os.environ[variable] = forge_http.TOKEN

    def ask(method: str, sent: str, headers: dict[str, str], body: bytes) -> Answer | None:
        found = server.answer(forge_http.Asked.of(method, sent, headers, body))
        if found is None:
            return None
        here = f"http://{headers['Host']}"
        links = tuple((key, value.replace(server.address, here)) for key, value in found.headers.items())
        return Answer(found.status, links, found.body.replace(server.address.encode(), here.encode()))

    _through(site, ask, lambda port: _for_forge(site, server, f"http://127.0.0.1:{port}{server.root}"))


def _for_forge(site: Site, server: forge_http.ForgeServer, api_url: str) -> Sequence[Words]:
    place = ("--forge", server.forge, "--repo", server.repository, "--api-url", api_url)
    if site.random.random() < 0.3:
        folder = site.copy("chain")
        gates = [word for gate in ("soak", "checks", "approvals") for word in ("--force", gate)]
        words = ("promote", "staging", "prod", *gates, "--reason", "x", "--open-pr", *place)
        return [("-C", str(folder), *words)]
    made = site.bases / "chain/project" / PREVIEW
    site.folder.mkdir()
    return [("preview", "--from", str(made), "--comment", "--pr", str(forge_http.NUMBER), *place)] * 2
