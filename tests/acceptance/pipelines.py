"""Workflows of examples/ci as a runner sees them: scripts in order, each with the variables set for it.

What they use of this project, action.yml and the component in templates/, is put in their place.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import evolve, field, frozen

from .runner import EXAMPLES, ROOT

CI: Final = EXAMPLES / "ci"
BASH: Final = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
COMPONENT: Final = "component: $CI_SERVER_FQDN/$PLANNER_PROJECT/planner@$PLANNER_COMMIT"
ACTION: Final = "./.planner"

Values = Mapping[str, str]


@frozen
class Script:
    """text: for bash. variables: with the service's expressions still in them. folder: where it runs, of the
    checkout. id: of the step, in the action that it is of, as "apply run"; when: its condition.
    """

    text: str
    variables: Values = field(factory=dict)
    folder: str = "."
    id: str = ""
    when: str = ""


def jobs(name: str) -> Iterator[list[Script]]:
    """The scripts of each job. name: of a workflow, below examples/ci."""
    text = (CI / name).read_text()
    if name.startswith("gitlab/"):
        yield from _gitlab(text)
        return
    document: dict[str, Any] = yaml.safe_load(text)
    for job in document["jobs"].values():
        given = {**document.get("env", {}), **job.get("env", {})}
        yield [script for step in job["steps"] for script in _of_step(step, given)]


def installing(name: str) -> Iterator[list[Script]]:
    """Those of the jobs that run planner."""
    return (job for job in jobs(name) if any("$PLANNER_COMMIT" in script.text for script in job))


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return found


def of_action(inputs: Values) -> list[Script]:
    """Its scripts, with what a workflow gives it."""
    defaults = {name: str(item.get("default", "")) for name, item in action()["inputs"].items()}
    assert set(inputs) <= set(defaults)
    values = {f"inputs.{name}": text for name, text in (defaults | dict(inputs)).items()}
    return [
        Script(
            step["run"],
            {name: evaluated(text, values) for name, text in step.get("env", {}).items()},
            evaluated(step.get("working-directory", "."), values),
            step.get("id", ""),
        )
        for step in action()["runs"]["steps"]
    ]


def _of_step(step: Mapping[str, Any], given: Values) -> Iterator[Script]:
    own = {**given, **step.get("env", {})}
    when = str(step.get("if", ""))
    if step.get("uses") == ACTION:
        for script in of_action(step["with"]):
            name = f"{step.get('id', '')} {script.id}".strip()
            yield evolve(script, variables={**own, **script.variables}, id=name, when=when)
    elif "run" in step:
        yield Script(step["run"], own, id=step.get("id", ""), when=when)


def evaluated(text: str, values: Values) -> str:
    """Expressions that are one name, as `${{ vars.X }}`; one that nobody gives is empty, as at GitHub."""
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: values.get(match[1], ""), text)


def component(inputs: Values | None = None) -> dict[str, Any]:
    """The jobs of the component, with its inputs in their places."""
    head, body = (ROOT / "templates/planner.yml").read_text().split("\n---\n")
    values = {name: item["default"] for name, item in yaml.safe_load(head)["spec"]["inputs"].items()}
    values |= inputs or {}
    found: dict[str, Any] = yaml.safe_load(
        re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda match: values[match[1]], body)
    )
    return found


def _gitlab(text: str) -> Iterator[list[Script]]:
    document: dict[str, Any] = yaml.safe_load(text)
    included = [f"component: {item['component']}" for item in document.pop("include")]
    assert included == [COMPONENT]
    every = component() | document
    for name, job in every.items():
        if name == "stages" or name.startswith("."):
            continue
        whole = _extended(job, every)
        variables = dict(whole.get("variables", {}))
        if "environment" in whole:
            variables["CI_ENVIRONMENT_NAME"] = whole["environment"]
        yield [Script("\n".join([*whole["before_script"], *whole["script"]]), variables)]


def _extended(job: Mapping[str, Any], every: Mapping[str, Any]) -> dict[str, Any]:
    """A job with what it extends; of mappings only variables are merged, which is all that these need."""
    if "extends" not in job:
        return dict(job)
    base = _extended(every[job["extends"]], every)
    return {**base, **job, "variables": {**base.get("variables", {}), **job.get("variables", {})}}


def run(script: Script, folder: Path, environ: Values, values: Values) -> subprocess.CompletedProcess[str]:
    """A script as a runner runs it. values: of the service's expressions."""
    own = {name: evaluated(str(text), values) for name, text in script.variables.items()}
    return subprocess.run(
        [*BASH, "-c", script.text],
        env={**environ, **own},
        cwd=folder / evaluated(script.folder, values),
        capture_output=True,
        text=True,
        check=False,
    )


def outputs(path: Path) -> dict[str, str]:
    """What steps wrote for the runner, in both forms that GITHUB_OUTPUT has."""
    form = re.compile(r"^([\w-]+)(?:=(.*)|<<(.*)\n((?:.*\n)*?)\3)$", re.MULTILINE)
    text = path.read_text() if path.exists() else ""
    return {
        found[1]: found[2] if found[3] is None else found[4].rstrip("\n") for found in form.finditer(text)
    }
