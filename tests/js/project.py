"""A JavaScript project as a user has it: the built package, the runners and the SDKs in `node_modules`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "js"
MODULES = PACKAGE / "node_modules"
TIME_LIMIT = 60
"""Seconds for one command; the slowest takes three."""


class Project:
    """A folder with `node_modules`, where commands of npm packages run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(self, *command: str, path: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Node or of a package, with the mock of this checkout on the PATH unless `path` is given."""
        binaries = [str(MODULES / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        known = {"PATH": os.pathsep.join(binaries) if path is None else path, "HOME": str(self.folder), "CI": "1"}
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**known, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=TIME_LIMIT,
            check=False,
        )


def make_project(folder: Path, package: Path) -> Project:
    """Return a project that has the built package and everything that the package is developed with."""
    modules = folder / "node_modules"
    modules.mkdir()
    for installed in MODULES.iterdir():
        if not installed.name.startswith("."):
            (modules / installed.name).symlink_to(installed)
    shutil.copytree(package, modules / "ainative-mockserver")
    project = Project(folder)
    project.write("package.json", '{"private": true, "type": "module"}\n')
    return project


def build(folder: Path) -> Path:
    """Compile the package into a folder and return it. Fails the test with the compiler's words."""
    if not MODULES.exists():
        pytest.fail(f"{MODULES} is not there: run `make clients`", pytrace=False)
    command = [str(MODULES / ".bin" / "tsc"), "--project", str(PACKAGE), "--outDir", str(folder / "dist")]
    compiled = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=TIME_LIMIT, check=False)
    if compiled.returncode != 0:
        pytest.fail(compiled.stdout, pytrace=False)
    shutil.copy(PACKAGE / "package.json", folder)
    return folder
