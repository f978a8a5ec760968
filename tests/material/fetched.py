"""Packages, fetched by the ordinary client of their registry, and what in them belongs in an archive."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from attrs import frozen

from tests.unit.archives.lint.cases import Members

_PATIENCE: Final = 600.0


@frozen
class Package:
    registry: str
    name: str
    version: str


def packages() -> list[Package]:
    rows = (Path(__file__).parent / "packages.tsv").read_text(encoding="utf-8").splitlines()
    return [Package(*row.split("\t")) for row in rows]


def fetch(package: Package, folder: Path) -> Path:
    """The folder with its files, or the archive that it is."""
    _FETCH[package.registry](package, folder)
    return next(folder.glob("*.zip"), folder)


def members(folder: Path) -> Members:
    """A bundle of it: dictionaries of hunspell in folders of their own, lists of stop words, databases."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    found: Members = {}
    for path in paths:
        if path.suffix == ".aff" and (words := path.with_suffix(".dic")).exists():
            for one in (path, words):
                found[f"hunspell/{path.stem}/{one.name}"] = one.read_bytes()
        elif path.suffix in ("", ".txt") and "stop" in str(path.relative_to(folder)) and _is_list(path):
            name = "-".join(path.relative_to(folder).with_suffix(".txt").parts[-2:])
            found[f"dictionaries/stopwords/{name}"] = path.read_bytes()
        elif path.suffix == ".mmdb":
            found[f"ingest-geoip/{path.name}"] = path.read_bytes()
    return found


def _is_list(path: Path) -> bool:
    """What lies beside the lists is about them: readmes, licences, the package's own."""
    return (
        not any(part.endswith((".dist-info", ".egg-info")) for part in path.parts) and not path.stem.isupper()
    )


def _debian(package: Package, folder: Path) -> None:
    _run(folder, "apt-get", "download", "-q", f"{package.name}={package.version}")
    for path in folder.glob("*.deb"):
        _run(folder, "dpkg-deb", "-x", path.name, ".")


def _npm(package: Package, folder: Path) -> None:
    _run(folder, "npm", "pack", "--silent", f"{package.name}@{package.version}")
    for path in folder.glob("*.tgz"):
        _run(folder, "tar", "-xzf", path.name)


def _pypi(package: Package, folder: Path) -> None:
    wanted = f"{package.name}=={package.version}"
    _run(
        folder, sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--target", ".", wanted
    )


def _maven(package: Package, folder: Path) -> None:
    _copy(package, folder, "jar")
    for path in folder.glob("*.jar"):
        with ZipFile(path) as jar:
            jar.extractall(folder)


def _plugin(package: Package, folder: Path) -> None:
    _copy(package, folder, "zip")


def _copy(package: Package, folder: Path, what: str) -> None:
    artifact = f"-Dartifact={package.name}:{package.version}:{what}"
    _run(folder, "mvn", "-B", "dependency:copy", artifact, "-DoutputDirectory=.")


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=_PATIENCE)


_FETCH: Final[dict[str, Callable[[Package, Path], None]]] = {
    "debian": _debian,
    "npm": _npm,
    "pypi": _pypi,
    "maven": _maven,
    "plugin": _plugin,
}
