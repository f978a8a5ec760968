"""Surfaces of files: what a project, its repository and its state are made of."""

from __future__ import annotations

from planner.state import snapshot
from tests.endurance.commands import call
from tests.endurance.mutations import mutated
from tests.endurance.noise import TARGETS, Target, Words, in_folder, one_input

from .odd_trees import archive, fill, odd_file
from .site import PREVIEW, Site

CHAIN_READS: tuple[Words, ...] = (
    ("preview", "--offline", "--base", "HEAD~1"),
    ("preview", "--base", "HEAD~1", "--format", "html"),
    ("env", "status"),
    ("env", "diff", "dev", "staging"),
    ("env", "list", "--json"),
    ("release", "list"),
    ("plan", "-e", "prod"),
    ("promote", "staging", "prod", "--dry-run"),
    ("promote", "--move-pins", "--dry-run"),
    ("validate", "-e", "prod"),
)
GIT = (
    "HEAD",
    "index",
    "config",
    "refs/heads/main",
    "logs/HEAD",
    "packed-refs",
    "shallow",
    "info/grafts",
    "objects",
)
CHAIN_TARGETS = (
    *(
        Target(f"{of}/{name}.yaml", CHAIN_READS)
        for of in ("environments", "pins")
        for name in ("staging", "prod")
    ),
    *(Target(name, CHAIN_READS) for name in ("planner.yaml", ".gitattributes", ".gitignore")),
    *(Target(f"state/{name}.json", CHAIN_READS, snapshot.FORMAT.write) for name in ("dev", "staging") * 2),
    Target(PREVIEW, (("preview", "--from", PREVIEW),)),
    Target(PREVIEW, (("preview", "--from", PREVIEW, "--format", "html"),)),
)


def project_files(site: Site) -> None:
    one_input(site.bases / "plain", site.folder, site.random)


def chain_files(site: Site) -> None:
    one_input(site.bases / "chain/project", site.folder, site.random, CHAIN_TARGETS)


def git_files(site: Site) -> None:
    folder = site.copy("chain")
    path = folder / ".git" / site.random.choice(GIT)
    if path.is_dir():
        path = site.random.choice(sorted(found for found in path.rglob("*") if found.is_file()))
        path.chmod(0o644)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(mutated(path.read_bytes() if path.exists() else b"", site.random))
    call(folder, *site.random.choice(CHAIN_READS))


def places(site: Site) -> None:
    """A file that is none, or that has no end."""
    targets, base = site.random.choice(((TARGETS, "plain"), (CHAIN_TARGETS, "chain")))
    folder = site.copy(base)
    target = site.random.choice(targets)
    path = folder / target.path
    path.unlink(missing_ok=True)
    odd_file(path, site.random)
    words = site.random.choice(target.uses)
    call(folder, *in_folder(folder, words))


def archives(site: Site) -> None:
    folder = site.copy("plain")
    (folder / site.random.choice(("files/b.zip", "files/plugin.zip"))).write_bytes(archive(site.random))
    call(folder, *site.random.choice((("plan",), ("validate",), ("apply", "--auto-approve"))))


def trees(site: Site) -> None:
    folder = site.copy("plain")
    fill(folder / site.random.choice(("files/a", "files", "templates", "environments", "state")), site.random)
    call(
        folder,
        *site.random.choice((("plan",), ("validate",), ("apply", "--auto-approve"), ("state", "list"))),
    )
