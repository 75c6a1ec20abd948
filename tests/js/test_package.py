"""The npm package: its programs pass, its failures say why, and its generated types are those of today's mock."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver import __version__
from mockserver.control.application import application
from tests.js.project import PACKAGE, TIME_LIMIT, Project

PROGRAMS = Path(__file__).parent / "programs"
MOCK = str(Path(sys.executable).parent / "mockserver")


@pytest.mark.process
@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.test.mjs")), ids=lambda file: file.name.partition(".")[0])
def test_a_program_passes(program: Path, project: Project) -> None:
    project.write(program.name, program.read_text(encoding="utf-8"))
    node = shutil.which("node")
    assert node is not None
    ran = project.run(node, "--test", "--test-reporter=tap", MOCK=MOCK)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.process
def test_the_types_need_no_others(project: Project) -> None:
    options = {"strict": True, "module": "nodenext", "target": "es2022", "types": [], "noEmit": True}
    project.write(
        "use.mts", 'import { startGateway } from "ainative-mockserver";\nawait using _ = await startGateway();\n'
    )
    project.write("tsconfig.json", json.dumps({"compilerOptions": options, "files": ["use.mts"]}))
    checked = project.run("tsc")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.process
def test_the_generated_types_are_those_of_the_mock(tmp_path: Path) -> None:
    subprocess.run(
        ["node", str(PACKAGE / "scripts" / "generate.mjs"), str(tmp_path)],
        input=json.dumps(application().openapi()),
        encoding="utf-8",
        timeout=TIME_LIMIT,
        check=True,
    )
    committed = PACKAGE / "src" / "generated"
    assert {file.name for file in committed.iterdir()} == {file.name for file in tmp_path.iterdir()}
    for file in tmp_path.iterdir():
        fresh, old = file.read_text(encoding="utf-8"), (committed / file.name).read_text(encoding="utf-8")
        assert fresh == old, f"{file.name} is stale: run `make js-types`"


def test_the_package_has_the_version_of_the_mock_and_no_dependencies() -> None:
    package = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == __version__
    assert "dependencies" not in package


def test_the_lock_file_names_no_private_registry() -> None:
    lock = json.loads((PACKAGE / "package-lock.json").read_text(encoding="utf-8"))
    urls = [package["resolved"] for package in lock["packages"].values() if "resolved" in package]
    assert [url for url in urls if not url.startswith("https://registry.npmjs.org/")] == []
