"""Dockerfile: an image that runs as nobody, from a base that is named, with what it needs of this tree.

Where a registry of images can be reached it is built and run; else what it runs to build is run here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
STAGES = [stage.splitlines() for stage in "\n".join(LINES).split("\nFROM ")[1:]]


def words_of(instruction: str, lines: list[str]) -> list[str]:
    return [line.removeprefix(f"{instruction} ") for line in lines if line.startswith(f"{instruction} ")]


def test_its_base_is_named_with_its_version_and_the_date_when_it_was_read() -> None:
    (base,) = words_of("ARG", LINES)
    assert re.fullmatch(r"BASE=python:3\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", base)
    assert [stage[0].split(" AS ")[0] for stage in STAGES] == ["${BASE}", "${BASE}"]
    assert re.search(r"# .*\b20\d\d-\d\d-\d\d\b", TEXT)


def test_it_does_not_run_as_root() -> None:
    last = STAGES[-1]
    (user,) = words_of("USER", last)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "a number, which an orchestrator can tell from root's"
    after = last[last.index(f"USER {user}") + 1 :]
    assert [line.split()[0] for line in after] == ["WORKDIR", "ENTRYPOINT"]


def test_it_bears_no_secret_and_fetches_nothing_by_an_address() -> None:
    assert not words_of("ADD", LINES)
    assert not re.search(r"://|curl|wget", "\n".join(LINES))
    set_there = words_of("ARG", LINES) + words_of("ENV", LINES)
    assert {item.split("=")[0] for item in set_there} == {"BASE", "PATH"}


def copied() -> list[tuple[list[str], str]]:
    """From the context: sources and target of each COPY."""
    found = [item.split() for item in words_of("COPY", LINES) if not item.startswith("--from=")]
    return [(sources, target) for *sources, target in found]


def test_the_context_is_what_it_takes() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    sources = {source for found, _ in copied() for source in found}
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == sources
    assert all((ROOT / source).exists() for source in sources)


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("hadolint"), reason="there is no hadolint")
def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    def found(path: Path) -> str:
        command = ["hadolint", "--no-color", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    assert found(ROOT / "Dockerfile") == ""
    (tmp_path / "Dockerfile").write_text(TEXT.replace("uv==0.13.9", "uv").replace("slim-trixie", "latest"))
    assert "DL3013" in found(tmp_path / "Dockerfile")


@pytest.mark.long
def test_what_it_builds_is_what_the_lock_says(tmp_path: Path) -> None:
    """The commands of the first stage, with folders of the test in the place of the image's."""
    source, target = tmp_path / "source", tmp_path / "opt"
    source.mkdir()
    for names, to in copied():
        for name in names:
            put = source / name if to == "./" else source / to
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, put, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, put)
    lock = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    installs_uv, build = words_of("RUN", STAGES[0])
    assert installs_uv == f"pip install --no-cache-dir uv=={lock['uv']}"
    path = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = build.replace("/opt/planner", str(target))
    subprocess.run(["sh", "-ec", command], cwd=source, env=path, check=True, capture_output=True)
    run = [str(target / "bin/planner"), "--version"]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout.startswith("planner ")
    folders = [path.stem for path in target.glob("lib/python*/site-packages/*.dist-info")]
    found = {name: version for name, _, version in (stem.rpartition("-") for stem in folders)}
    assert {"psycopg", "botocore", "cryptography"} <= found.keys()
    installed = {name.lower().replace("_", "-"): version for name, version in found.items()}
    del installed["ece-planner"]
    assert installed.items() <= lock.items()


@pytest.mark.long
def test_it_is_built_and_runs_as_nobody() -> None:
    def docker(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)

    base = words_of("ARG", LINES)[0].removeprefix("BASE=")
    if not shutil.which("docker") or docker("pull", "--quiet", base).returncode:
        pytest.skip("there is no docker that reaches a registry of images")
    built = docker("build", "--quiet", str(ROOT))
    assert built.returncode == 0, built.stderr
    image = built.stdout.strip()
    assert docker("run", "--rm", image, "--version").stdout.startswith("planner ")
    assert docker("run", "--rm", "--entrypoint", "id", image, "-u").stdout.strip() == "65532"
