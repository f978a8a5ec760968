"""Uploads, as a project sees them: their form, and what an installation or a gateway before it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from .runner import Project, small
from .serving import listening, reaching

PUT = "PUT /deployments/extensions/*"
RAW, MULTIPART = "application/zip", "multipart/form-data"
THREE = "\n".join(
    f"    {name}: {{name: {name}, extension_type: bundle, version: '*', file: files/alpha}}" for name in "abc"
)
TEMPLATE = f"resource:\n  extension:\n{THREE}\n"


@pytest.fixture
def three(tmp_path: Path) -> Project:
    """Three bundles that are uploaded."""
    return small(tmp_path / "three", TEMPLATE)


def settings(project: Project, more: str) -> None:
    project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: sandbox{more}}}")


@pytest.mark.parametrize(
    ("more", "refused", "code", "sent"),
    [
        ("", RAW, 0, 4),  # found out once for the run
        ("", MULTIPART, 0, 3),
        (", upload: auto", RAW, 0, 4),
        (", upload: raw", MULTIPART, 0, 3),
        (", upload: raw", RAW, 5, 3),
        (", upload: multipart", RAW, 0, 3),
        (", upload: multipart", MULTIPART, 5, 3),
    ],
)
def test_the_form_is_the_environments(three: Project, more: str, refused: str, code: int, sent: int) -> None:
    settings(three, more)
    with three.sandbox() as ece:
        ece.fault(f"{PUT} 415 type={refused}")
    done = three.run("apply", "--auto-approve", "--parallelism", "1")
    assert done.code == code, done
    with three.sandbox() as ece:
        found = ece.extensions()
        assert len(found) == 3
        assert all(("file_metadata" in item) == (code == 0) for item in found.values())
        assert len(ece.requests("PUT")) == sent
        ece.no_faults()
    three.apply()
    three.settled()


@pytest.mark.parametrize("status", [403, 405, 413, 415])
def test_what_a_gateway_refuses_has_another_way(three: Project, status: int) -> None:
    with three.sandbox() as ece:
        ece.fault(f"{PUT} html:{status}")
    done = three.run("apply", "--auto-approve")
    assert done.code == 5, done
    assert "publish the archive, and give download_url in place of file" in " ".join(done.both.split())
    assert f"({status} " in done.both


@pytest.mark.parametrize("more", ["", ", upload: multipart"])
def test_another_size_than_was_sent_is_uploaded_again(three: Project, more: str) -> None:
    settings(three, more)
    with three.sandbox() as ece:
        ece.fault(f"{PUT} wrong-size nth=2")
    done = three.run("apply", "--auto-approve", "--parallelism", "1")
    assert done.code == 5, done
    assert "bytes are stored, and" in " ".join(done.both.split())
    plan = three.ok("plan")
    assert "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete." in plan.out
    assert "the installation holds a file that is not known to be files/alpha" in " ".join(plan.out.split())
    three.apply()
    three.settled()


def test_over_http_and_at_once(tmp_path: Path) -> None:
    with listening(tmp_path / "ece.db") as served:
        project = reaching(tmp_path / "small", served.url, template=TEMPLATE)
        served.ece.fault(f"{PUT} 415 type=application/zip")
        project.apply()
        assert all("file_metadata" in item for item in served.ece.extensions().values())


def test_another_form_is_refused_with_its_place(three: Project) -> None:
    settings(three, ", upload: form")
    done = three.run("plan")
    assert (done.code, "planner.yaml:6" in done.err) == (1, True), done
    assert 'environments.dev.upload must be one of "auto", "raw", "multipart"' in done.err
