"""A disk that takes no more: no further call is made, nothing is lost, and the message says where it is."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from planner.state.journal import encode_line

from .command import Done
from .ece import Ece
from .runner import Project, finished, wait_until, words
from .serving import listening, reaching

MANY = """
resource:
  extension:
{% for n in range(30) %}
    words_{{ n }}:
      name: words-{{ n }}
      extension_type: bundle
      version: {{ var.version }}
      file: files/alpha
{% endfor %}
"""
AS_OTHERS_ARE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
"""Runs a command for which the permission bits of files count, though it is root's."""


@frozen
class Site:
    project: Project
    ece: Ece

    @property
    def state(self) -> Path:
        return self.project.folder / "state"

    def bound(self, *words: str, **process: Any) -> Done:
        """A command for which permissions count, or that has the limits given to Popen."""
        with self.starting(*words, **process) as started:
            return finished(started)

    @contextmanager
    def in_the_middle(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """It has made something, and waits for a reply until there are no faults."""
        self.ece.fault("POST /deployments/extensions hold nth=3")
        with self.starting(*words) as process:
            wait_until(self.ece.holds, "something is applied")
            yield process

    def starting(self, *words: str, **process: Any) -> Any:
        # a limit on the size of files would cut off the bytecode that Python keeps of modules
        environ = {"PYTHONDONTWRITEBYTECODE": "1"}
        return self.project.started(*words, env=environ, before=_before(), **process)

    def is_whole(self) -> None:
        """An apply takes up what happened long ago: nothing was made twice, nothing is left to do."""
        journal = self.state / "dev.journal"
        if journal.exists():
            journal.write_bytes(b"\n".join(map(_long_ago, journal.read_bytes().split(b"\n"))))
        self.project.apply()
        self.project.settled()
        posts = self.ece.requests("POST")
        ids = {item["id"] for item in self.ece.extensions().values()}
        assert len(ids) == len([post for post in posts if not post[1]]) == 30
        assert {item["id"] for item in self.project.state()["resources"]} == ids


def _long_ago(line: bytes) -> bytes:
    """A line of a journal, so that no call it tells of can still be under way."""
    if b'"intent"' not in line:
        return line
    try:
        record = json.loads(line[9:])
    except ValueError:  # torn
        return line
    record["intent"] |= dict.fromkeys(("at", "server_time"), "2025-01-31T12:00:00Z")
    return encode_line(record)


def _before() -> list[str]:
    return AS_OTHERS_ARE if os.geteuid() == 0 and shutil.which("setpriv") else []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Thirty bundles with files, wanted of an installation that does not share the disk."""
    with listening(tmp_path / "elsewhere" / "ece.db") as served:
        project = reaching(tmp_path / "many", served.url, template=MANY)
        yield Site(project, served.ece)


def no_file_over(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def journal_holds(site: Site, text: bytes) -> bool:
    path = site.state / "dev.journal"
    return path.exists() and text in path.read_bytes()


def test_the_journal_takes_no_more_in_the_middle(site: Site) -> None:
    """As on a full disk: writes fail from some size on."""
    done = site.bound("apply", "--auto-approve", "--parallelism", "4", preexec_fn=no_file_over(12_000))
    assert done.code == 5, done
    said = words(done.err)
    assert "the journal of state/dev.json cannot be written: file too large; no further call was made" in said
    assert "is looked up by the next plan or apply" in said
    assert "changes to the dev environment are left to do" in words(done.out)
    assert 0 < len(site.ece.extensions()) < 30
    assert not (site.state / "dev.json").exists()
    for resource_ in site.ece.extensions().values():
        known = journal_holds(site, resource_["id"].encode()) or resource_["id"] in said
        assert known, f"{resource_['name']} is neither in the journal nor in the message"
    site.is_whole()


@pytest.mark.long
def test_the_first_intent_cannot_be_written(site: Site) -> None:
    done = site.bound("apply", "--auto-approve", preexec_fn=no_file_over(400))
    assert done.code == 1, done
    assert "no further call was made" in words(done.err)
    assert site.ece.writes() == []
    site.is_whole()


def test_the_snapshot_cannot_be_written(site: Site) -> None:
    """The journal has everything, and says so."""
    site.project.ok("plan")
    with site.in_the_middle("apply", "--auto-approve", "--parallelism", "1") as process:
        site.state.chmod(0o500)
        site.ece.no_faults()
        done = finished(process)
    site.state.chmod(0o700)
    assert done.code == 5, done
    said = words(done.err)
    assert "state/dev.json cannot be written: permission denied" in said
    assert "What was applied is in its journal: the next plan or apply takes it from there." in said
    assert "Applied: 30 created" in done.out
    assert "No changes" in site.project.ok("plan").out
    site.is_whole()


@pytest.mark.long
def test_the_permission_to_write_the_journal_is_lost(site: Site) -> None:
    with site.in_the_middle("apply", "--auto-approve", "--parallelism", "1") as process:
        (site.state / "dev.journal").chmod(0o400)
        site.ece.no_faults()
        done = finished(process)
    (site.state / "dev.journal").chmod(0o600)
    assert done.code == 5, done
    assert "the journal of state/dev.json cannot be written: permission denied" in words(done.err)
    assert len(site.ece.extensions()) < 30
    site.is_whole()


@pytest.mark.parametrize("command", [("apply", "--auto-approve"), ("state", "rm", "extension.*")])
def test_a_folder_that_cannot_be_written(site: Site, command: tuple[str, ...]) -> None:
    site.project.apply()
    before = (site.state / "dev.json").read_bytes()
    site.ece.forget_requests()
    site.state.chmod(0o500)
    (site.state / "dev.lock").unlink(missing_ok=True)
    changed = ["--var", "version=9.*"] if command[0] == "apply" else []
    done = site.bound(*command, *changed)
    site.state.chmod(0o700)
    assert done.code == 1, done
    assert "permission denied" in words(done.err)
    assert "Check who owns the file and its folder, and their modes." in words(done.err)
    assert site.ece.writes() == []
    assert (site.state / "dev.json").read_bytes() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with a few kilobytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(site: Site, small_disk: Path) -> None:
    site.state.symlink_to(small_disk)
    done = site.bound("apply", "--auto-approve", "--parallelism", "4")
    assert done.code == 5, done
    assert "no space left on device" in words(done.err)
    assert "Free some space and run the command again." in words(done.err)
    kept = (site.state / "dev.journal").read_bytes()
    again = site.bound("apply", "--auto-approve")
    assert again.code in (1, 5), again
    assert (site.state / "dev.journal").read_bytes().startswith(kept.rpartition(b"\n")[0])
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    site.is_whole()
