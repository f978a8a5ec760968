"""Everything of which a project can have many: what it costs, at a number and at its tenth."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from attrs import frozen

from ..figures import Figures
from ..limit import limit
from ..order import SMALL, Order, measured
from ..projects import ARCHIVE, HEAD, PROJECT, WITH_ARCHIVE, WORDS, Project, archive_project

Files = Mapping[str, str]


PLAN: Final = ("plan",)
MOVED: Final = "  - {from: extension.gone_NUMBER, to: extension.came_NUMBER}\n"
CHECK: Final = "  c_NUMBER: {condition: resource.extension.words_0.name == 'words-0', message: m}\n"


@frozen
class Many:
    """A command over many resources. files: of a project with so many. words: the command that looks at them.
    codes: its exit codes.
    """

    files: Callable[[int], Files]
    words: tuple[str, ...] = ("validate",)
    counts: tuple[int, int] = (200, 2000)
    codes: tuple[int, ...] = (0,)


def _lines(count: int, line: str, head: str = "") -> str:
    return head + "".join(line.replace("NUMBER", str(number)) for number in range(count))


def _word(number: int = 0) -> str:
    return HEAD + WORDS.replace("NUMBER", str(number))


def _environments(count: int) -> Files:
    named = _lines(count, "  eNUMBER: {endpoint: sandbox}\n")
    return {"planner.yaml": PROJECT.replace("  dev: {}\n", named), "templates/words.yaml": _word()}


def _environment_files(count: int) -> Files:
    files = {f"environments/e{number}.yaml": 'variables: {version: "9.*"}\n' for number in range(count)}
    return {**_environments(count), **files}


def _templates(count: int) -> Files:
    return {
        "planner.yaml": PROJECT,
        **{f"templates/{number}.yaml": _word(number) for number in range(count)},
    }


def _macros(count: int) -> Files:
    macros = _lines(count, "{% macro m_NUMBER() %}NUMBER{% endmacro %}\n")
    calls = _lines(count, '  o_NUMBER: "{{ m.m_NUMBER() }}"\n', "output:\n")
    template = '{% import "macros/m.j2" as m %}\n' + calls
    return {"planner.yaml": PROJECT, "templates/macros/m.j2": macros, "templates/words.yaml": template}


def _outputs(count: int) -> Files:
    lines = _lines(count, '  o_NUMBER: "{{ resource.extension.words_0.url }}"\n', "output:\n")
    return {"planner.yaml": PROJECT, "templates/words.yaml": _word() + lines}


def _variables(count: int) -> Files:
    declared = _lines(count, "  v_NUMBER: {type: string, default: x}\n")
    uses = _lines(count, '  o_NUMBER: "{{ var.v_NUMBER }}"\n', "output:\n")
    project = PROJECT.replace("environments:", declared + "environments:")
    values = _lines(count, "  v_NUMBER: y\n", "variables:\n")
    return {"planner.yaml": project, "templates/words.yaml": uses, "environments/dev.yaml": values}


def _undeclared(count: int) -> Files:
    """Each is told, with the nearest of as many that there are."""
    values = _lines(count, "  w_NUMBER: y\n", "variables:\n")
    return {**_variables(count), "environments/dev.yaml": values}


def _secrets(count: int) -> Files:
    declared = _lines(count, "  v_NUMBER: {type: string, sensitive: true}\n")
    project = PROJECT.replace("environments:", declared + "environments:")
    values = _lines(count, "  v_NUMBER: secret-NUMBER\n", "variables:\n")
    return {"planner.yaml": project, "templates/words.yaml": _word(), "environments/dev.yaml": values}


def _locals(count: int) -> Files:
    declared = "locals:\n  l_0: x\n" + "".join(
        f'  l_{number}: "{{{{ local.l_{number // 2} }}}}"\n' for number in range(1, count)
    )
    return {"planner.yaml": PROJECT + declared, "templates/words.yaml": _word()}


def _references(count: int) -> Files:
    """Each resource depends on the one before it."""
    more = "      depends_on: [extension.words_BEFORE]\n"
    body = "".join(
        (WORDS + (more.replace("BEFORE", str(number - 1)) if number else "")).replace("NUMBER", str(number))
        for number in range(count)
    )
    return {"planner.yaml": PROJECT, "templates/words.yaml": HEAD + body}


def _listed(block: str, form: str) -> Callable[[int], Files]:
    def files(count: int) -> Files:
        return {"planner.yaml": PROJECT, "templates/words.yaml": _word() + _lines(count, form, f"{block}:\n")}

    return files


def _files(count: int) -> Files:
    template = WITH_ARCHIVE.replace(ARCHIVE, "files/words")
    files = {f"files/words/{number}.txt": "words\n" for number in range(count)}
    return {"planner.yaml": PROJECT, "templates/words.yaml": template, **files}


MANY: Mapping[str, Many] = {
    "environments": Many(_environments, counts=(100, 1000)),
    "environments with files": Many(_environment_files, counts=(100, 1000)),
    "templates": Many(_templates),
    "macros": Many(_macros),
    "outputs": Many(_outputs, PLAN, (1000, 10_000)),
    "variables": Many(_variables, PLAN),
    "sensitive variables": Many(_secrets, PLAN),
    "locals": Many(_locals),
    "resources, each after the one before": Many(_references, PLAN),
    "undeclared variables": Many(_undeclared, codes=(1,)),
    "moved blocks": Many(_listed("moved", MOVED), PLAN),
    "removed blocks": Many(_listed("removed", "  - {from: extension.gone_NUMBER}\n"), PLAN),
    "checks": Many(_listed("check", CHECK), PLAN),
    "files in a folder": Many(_files, PLAN, (1000, 10_000)),
}
"""By what there is many of."""

MEMBERS: Final = (10_000, 100_000)
COMMITS: Final = (100, 1000)


def _figures(order: Order) -> Iterator[Figures]:
    for what, many in MANY.items():
        for count in order.counts(*order.choose(many.counts, (SMALL,))):
            folder = order.folder / f"{what}-{count}".replace(" ", "-")
            yield _cost(order, _written(folder, many.files(count)), what, count, many)
    for count in order.counts(*order.choose(MEMBERS, (SMALL,))):
        project = archive_project(order.folder / f"members-{count}", 0)
        _add_members(project.folder / ARCHIVE, count)
        yield _cost(order, project, "members of an archive", count, Many(_templates, PLAN))
    for count in order.counts(*order.choose(COMMITS, (SMALL,))):
        project = _written(order.folder / f"commits-{count}", _templates(1))
        _commit(project.folder, count)
        yield _cost(order, project, "commits of planner.yaml", count, Many(_templates, PLAN))


def _cost(order: Order, project: Project, what: str, count: int, many: Many) -> Figures:
    project = project.reaching(order.server.fresh())
    floor = order.limit(partial(limit, project.files()))
    costs = order.repeated(partial(project.cost, *many.words, codes=many.codes))
    return Figures(what, count, costs, floor)


def _written(folder: Path, files: Files) -> Project:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(folder)


def _add_members(path: Path, count: int) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(count):
            archive.writestr(f"dictionaries/{number}.txt", "words\n")


def _commit(folder: Path, count: int) -> None:
    """The environment was never applied: whether its state was elsewhere once is looked for in them."""
    author = "committer t <t@example.invalid> 0 +0000"
    commits = "".join(
        f"commit refs/heads/main\n{author}\ndata 0\nM 644 inline planner.yaml\ndata {len(text)}\n{text}\n"
        for text in (f"{PROJECT}# {number}\n" for number in range(count))
    )
    for words in (("init", "-q", "-b", "main"), ("fast-import", "--quiet")):
        subprocess.run(["git", "-C", str(folder), *words], input=commits, text=True, check=True)


CASE = measured("What a project can have many of", _figures)
