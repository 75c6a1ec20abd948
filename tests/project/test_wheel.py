"""A wheel built from the tree works outside it: the contract, the scenarios and the chaos profiles travel inside.

Built without isolation by the build backend that is installed, and run from where it was unpacked; so no network.
"""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the wheel was unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, *arguments: str) -> str:
    """Return what the unpacked command prints, far from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "mockserver", *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, cwd=unpacked, env=environment
    ).stdout


def test_the_unpacked_package_is_the_one_that_runs(unpacked: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-c", "import mockserver.files.bundled as s; print(s.OPENAPI, s.SCENARIOS)"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=unpacked, env=environment).stdout
    assert shown.split() == [
        str(unpacked / "mockserver/shipped/openapi.yaml"),
        str(unpacked / "mockserver/shipped/scenarios"),
    ]


def test_it_carries_every_scenario_and_chaos_profile(unpacked: Path) -> None:
    carried = {path.name for path in (unpacked / "mockserver/shipped/scenarios").rglob("*.yaml")}
    assert carried == {path.name for path in (ROOT / "scenarios").rglob("*.yaml")}


def test_it_carries_every_client_profile(unpacked: Path) -> None:
    carried = {path.name for path in (unpacked / "mockserver/shipped/client-profiles").iterdir()}
    assert carried == {path.name for path in (ROOT / "client-profiles").iterdir()}


def test_it_prints_a_page_of_the_documentation_and_the_skill(unpacked: Path) -> None:
    assert run(unpacked, "docs", "faults") == (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert run(unpacked, "mcp", "--print-skill").startswith("---\nname: ainative-mockserver\n")


def test_it_carries_the_whole_page(unpacked: Path) -> None:
    carried = {path.name for path in (unpacked / "mockserver/control/page").iterdir()}
    assert carried == {path.name for path in (ROOT / "mockserver/control/page").iterdir()}


def test_it_carries_no_tests_and_no_tools(unpacked: Path) -> None:
    folders = {path.name for path in unpacked.iterdir() if path.is_dir() and path.suffix != ".dist-info"}
    assert folders == {"mockserver"}


def test_the_source_distribution_carries_the_examples_and_not_what_they_are_built_with(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    [file] = tmp_path.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    examples = {name for name in names if name.startswith("examples/")}
    assert {"examples/README.md", "examples/plain/chat.js", "examples/react/package-lock.json"} <= examples
    assert not {name for name in examples if "/node_modules" in name or "/dist" in name}


def test_it_lists_what_is_shipped(unpacked: Path) -> None:
    assert "tool-round-trip" in run(unpacked, "scenarios")


def test_it_prints_the_contract(unpacked: Path) -> None:
    assert run(unpacked, "openapi") == (ROOT / "openapi.yaml").read_text(encoding="utf-8")
