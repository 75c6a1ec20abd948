"""A second distribution that has overwritten files of ours is named in one line, by the command and by pytest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mockserver
from mockserver.files import installation

OURS = Path(mockserver.__file__).parent
LINE = (
    "mockserver-client and ainative-mockserver both install a Python package 'mockserver' and have overwritten files "
    "of each other; use one environment for each, or: pip uninstall mockserver-client && "
    "pip install --force-reinstall --no-deps ainative-mockserver"
)


def distribution(site: Path, name: str, *files: str) -> None:
    """Write what an installer leaves of a distribution."""
    info = site / f"{name.replace('-', '_')}-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n", encoding="utf-8")
    (info / "RECORD").write_text("".join([f"{file},,\n" for file in files]), encoding="utf-8")


@pytest.fixture
def mixture(tmp_path: Path) -> Path:
    """Return a folder of packages in which MockServer's client was installed after ours."""
    package = tmp_path / "mockserver"
    package.mkdir()
    for folder in OURS.iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            (package / folder.name).mkdir()
            for file in folder.rglob("*.py"):
                copy = package / file.relative_to(OURS)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
    (package / "__main__.py").write_bytes((OURS / "__main__.py").read_bytes())
    (package / "__init__.py").write_text("from mockserver.client import MockServerClient\n", encoding="utf-8")
    (package / "client.py").write_text("class MockServerClient: ...\n", encoding="utf-8")
    distribution(tmp_path, "ainative-mockserver", "mockserver/__init__.py", "mockserver/__main__.py")
    distribution(tmp_path, "mockserver-client", "mockserver/__init__.py", "mockserver/client.py")
    return tmp_path


def run(site: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=site, env=environment)


@pytest.mark.process
def test_the_command_says_so_and_does_nothing_else(mixture: Path) -> None:
    ran = run(mixture, "mockserver", "--version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"Error: {LINE}\n")


@pytest.mark.process
def test_pytest_says_so_and_runs_nothing(mixture: Path) -> None:
    ran = run(mixture, "pytest", "-p", "mockserver.testing.plugin")
    assert (ran.returncode, ran.stderr.strip()) == (pytest.ExitCode.USAGE_ERROR, f"ERROR: {LINE}")


@pytest.mark.process
def test_a_file_that_belongs_to_no_distribution_is_no_conflict(mixture: Path) -> None:
    for file in mixture.glob("mockserver_client*/RECORD"):
        file.write_text("", encoding="utf-8")
    code = "from mockserver.files.installation import find_conflict; print(find_conflict())"
    environment = {**os.environ, "PYTHONPATH": str(mixture)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "None"


def test_the_package_has_only_folders_beside_its_own_two_files() -> None:
    assert {file.name for file in OURS.glob("*.py")} == installation.OWN_FILES
    assert installation.find_conflict() is None
