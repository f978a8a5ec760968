"""Whatever says how to install this program means this program, and not a stranger's of that name."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from planner.distribution import NAME, PUBLISHED, advice

ROOT = Path(__file__).parents[2]
OF_CI = {".ci", ".github", ".gitlab", ".gitea", ".forgejo"}
SKIPPED = {ROOT / name for name in ("tests", "state", "build", "dist")}

INSTALLER = re.compile(
    r"""(?:\bpip[\d.]*\ (?:install|download|wheel) | \bpipx\ (?:install|inject|run|upgrade)
    | \buv\ (?:pip\ install|tool\ install|tool\ run|add) | \buvx | \buv\ run(?=\ .*--with)
    | \bpoetry\ add)\ (.*)""",
    re.VERBOSE,
)
END = re.compile(r"\s(?:&&|\|\|?|#)\s.*|;.*|`(?!.*`).*|`[^`]*$")
FILE_OPTIONS = {"-r", "--requirement", "-c", "--constraint"}

HERE = re.compile(r"\.(\[[\w,-]+\])?|\$GITHUB_ACTION_PATH\$\{EXTRAS:\+\[\$EXTRAS\]\}")
ONE_COMMIT = re.compile(
    rf"{NAME}(\[([\w,]+|\$\[\[ inputs\.extras \]\])\])? @ git\+(\$PLANNER_REPOSITORY|https://[\w.:/~-]+)@(\$PLANNER_COMMIT|[0-9a-f]{{40}})"
)
OF_INDEX = re.compile(rf"{NAME}(\[[\w,]+\])?([=<>~!]=?.*)?")
PINNED = re.compile(r"(?!planner\b|ece[-_.]planner\b)[\w.-]+(\[[\w,]+\])?==[\w.]+", re.IGNORECASE)
AS_EXTRA = re.compile(r"(?<![\w./-])planner\[(?:postgres|s3|encryption|test)\b")


def pages() -> Iterator[Path]:
    """Every file of the tree that people or machines take a command from."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [
            name
            for name in below
            if Path(folder, name) not in SKIPPED
            and (name[0] != "." or name in OF_CI)
            and name != "__pycache__"
        ]
        yield from (Path(folder, name) for name in names if not name.endswith((".pyc", ".zip", ".lock")))


def wrong_in(text: str, *, published: bool = PUBLISHED) -> list[str]:
    """What a text says to install that could be a stranger's, or is not to be found."""
    text = text.replace("\\\n", " ")
    found = [word for command in INSTALLER.findall(text) for word in _wrong_words(command, published)]
    return [*found, *AS_EXTRA.findall(text)]


def _wrong_words(command: str, published: bool) -> list[str]:
    """Each word that names what is installed; the whole command, where a shell could not read it."""
    wrong, seen = [], 0
    try:
        words = iter(shlex.split(END.sub("", command)))
    except ValueError:
        return [command]
    for word in words:
        if word in FILE_OPTIONS:
            seen += 1
            wrong += [] if (ROOT / next(words, "absent")).is_file() else [word]
        elif not word.startswith("-"):
            seen += 1
            wrong += [] if _ours(word, published) else [word]
    return wrong if seen else [command]


def _ours(word: str, published: bool) -> bool:
    kinds = (HERE, ONE_COMMIT, PINNED, *([OF_INDEX] if published else []))
    return any(kind.fullmatch(word) for kind in kinds)


def wrong_requirements(text: str) -> list[str]:
    """The lines of a requirements file that are about this program and do not say which."""
    lines = (line.split(" #")[0].rstrip("\\ ") for line in text.splitlines())
    about = [line for line in lines if re.match(r"(ece[-_.])?planner\b", line, re.IGNORECASE)]
    return [line for line in about if not ONE_COMMIT.fullmatch(line)]


def project() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def test_nothing_says_to_install_what_could_be_a_strangers() -> None:
    """What planner/distribution.py puts together is looked at below."""
    texts = {
        path: path.read_text(encoding="utf-8", errors="replace")
        for path in pages()
        if path.name != "distribution.py"
    }
    assert {path: wrong for path, text in texts.items() if (wrong := wrong_in(text))} == {}
    saying = {path.relative_to(ROOT).parts[0] for path, text in texts.items() if INSTALLER.search(text)}
    assert {"README.md", "examples"} <= saying


def test_no_requirements_file_does() -> None:
    files = [path for path in pages() if re.search(r"(requirements|constraints).*\.(txt|in)$", path.name)]
    assert [path for path in files if wrong_requirements(path.read_text())] == []


def test_only_one_module_of_the_program_says_how_to_install() -> None:
    found = [
        path.name
        for path in (ROOT / "planner").rglob("*.py")
        if re.search(r"\b(pip[\d.]*|pipx|uv|poetry) (install|add|tool|pip|run)\b|\buvx ", path.read_text())
    ]
    assert found == ["distribution.py"]


COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = {"vcs": "git", "commit_id": COMMIT}


@pytest.mark.parametrize(
    "command",
    [
        "pip install planner",
        "pip3 install --upgrade 'planner[s3]'",
        "pip3.12 install planner==0.1.0",
        "python -m pip install -q planner",
        "pip download planner",
        "pipx install planner",
        "uv pip install planner",
        "uv tool install planner",
        "uv run --with planner planner plan",
        "uvx planner",
        f"pip install {NAME}",
        f"pip install '{NAME}[s3]' && planner plan",
        f"pip install {NAME}==0.1.0",
        'pip install "$PLANNER"',
        'pip install "${PLANNER:-planner[postgres,s3]}"',
        f"pip install 'planner @ git+https://git.example/planner@{COMMIT}'",
        f"pip install '{NAME} @ git+https://git.example/planner@{COMMIT[:7]}'",
        f"pip install '{NAME} @ git+https://git.example/planner@main'",
        f"pip install '{NAME} @ git+https://git.example/planner'",
        f'pip install "{NAME} @ git+$PLANNER_REPOSITORY@${{PLANNER_COMMIT:-main}}"',
        "pip install . planner",
        "pip install \\\n  planner",
        "pip install -r absent.txt",
        "RUN pip install --no-cache-dir planner",
        "with the extra `planner[s3]`",
    ],
)
def test_what_could_be_a_strangers_is_found(command: str) -> None:
    assert wrong_in(command)


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/planner plan",
        ".venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest",
        "pip install -r pyproject.toml -e .",
        "pip install uv==0.9.1",
        f'pip install "{NAME}[s3] @ git+$PLANNER_REPOSITORY@$PLANNER_COMMIT"',
        f"Run `pip install '{NAME} @ git+https://git.example/planner@{COMMIT}'` first.",
    ],
)
def test_what_is_ours_is_not(command: str) -> None:
    assert wrong_in(command) == []


def test_once_the_name_is_published_the_index_may_be_asked_for_it() -> None:
    assert wrong_in(f"pip install '{NAME}[s3]'", published=True) == []
    assert wrong_in(f"pip install {NAME}==0.1.0", published=True) == []
    assert wrong_in("pip install planner", published=True)


def test_lines_of_a_requirements_file() -> None:
    ours = f"{NAME}[s3] @ git+https://git.example/planner@{COMMIT}"
    strange = ["planner", "planner==0.1 \\", "Planner[s3]>=1", NAME, f"ece_planner==1  # {COMMIT}"]
    assert wrong_requirements("\n".join(["requests==2.32.0", "-e .", ours])) == []
    assert len(wrong_requirements("\n".join([*strange, ours]))) == len(strange)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (
            {"url": "https://git.example/planner", "vcs_info": GIT},
            f"pip install '{NAME}[s3]@git+https://git.example/planner@{COMMIT}'",
        ),
        (
            {"url": "https://jane:hunter2@git.example/planner", "vcs_info": GIT, "subdirectory": "a b"},
            f"pip install '{NAME}[s3]@git+https://git.example/planner@{COMMIT}#subdirectory=a b'",
        ),
        (
            {"url": "https://jane:hun@ter2@git.example/planner", "vcs_info": GIT},
            f"pip install '{NAME}[s3]@git+https://git.example/planner@{COMMIT}'",
        ),
        (
            {"url": "ssh://git@git.example/planner", "vcs_info": GIT},
            f"pip install '{NAME}[s3]@git+ssh://git@git.example/planner@{COMMIT}'",
        ),
        ({"url": "file:///home/it's/planner", "dir_info": {}}, None),
        ({"url": "file:///home/j%20d", "dir_info": {"editable": True}}, "pip install -e '/home/j d[s3]'"),
        (
            {"url": "file:///tmp/ece_planner-0.1.0-py3-none-any.whl", "archive_info": {}},
            f"pip install '{NAME}[s3]@file:///tmp/ece_planner-0.1.0-py3-none-any.whl'",
        ),
    ],
)
def test_an_extra_comes_from_where_the_program_came(origin: Mapping[str, Any], said: str | None) -> None:
    told = advice("s3", origin)
    assert told == said if said else shlex.split(told)[2:] == [f"{NAME}[s3]@{origin['url']}"]
    assert advice("s3", origin, published=True) == told


def test_where_it_came_from_is_not_known() -> None:
    in_words = "Install planner again from where you have it, with its extra `s3`."
    assert advice("s3", {}, published=False) == in_words
    assert advice("s3", {}, published=True) == f"pip install '{NAME}[s3]'"


def test_the_distribution_is_called_so() -> None:
    assert project()["name"] == NAME
    assert project()["scripts"] == {"planner": "planner.cli:main"}


def test_an_index_refuses_it_until_it_is_to_be_published() -> None:
    assert ("Private :: Do Not Upload" in project()["classifiers"]) is not PUBLISHED
