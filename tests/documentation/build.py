"""Makes the site."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import yaml

from .pages import ROOT, navigation, shown, text_on_site

HAVE = find_spec("zensical") is not None


def build(folder: Path) -> str:
    """Into a folder that is not there yet; returns what was said. Any warning of the maker's is an error."""
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        stage(here)
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        if done.returncode or "arning" in said:
            raise SystemExit(said)
        shutil.copytree(here / "site", folder)
    return said


def stage(folder: Path) -> None:
    """Pages and configuration, as the maker takes them."""
    names = shown()
    for path, name in names.items():
        target = folder / "docs" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".md"):
            target.write_text(text_on_site(path, names), encoding="utf-8")
        else:
            shutil.copy(ROOT / path, target)
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    config["nav"] = navigation(names)
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
