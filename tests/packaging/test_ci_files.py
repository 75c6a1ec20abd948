"""The files for CI are valid: by their published schemas, by a linter of workflows, and by running the generic one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.project.source import ROOT

pytestmark = pytest.mark.process

BIN = Path(sys.executable).parent

SCHEMAS = [
    ("github-actions", ["action.yml"]),
    ("github-workflows", [".github/workflows/ci.yml", ".github/workflows/gate.yml", "examples/ci/github.yml"]),
    ("compose-spec", ["compose.yaml"]),
    ("gitlab-ci", ["examples/ci/gitlab-ci.yml"]),
]


@pytest.mark.parametrize(("schema", "files"), SCHEMAS, ids=[schema for schema, _ in SCHEMAS])
def test_a_file_fits_the_schema_of_its_kind(schema: str, files: list[str]) -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *files]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_security_linter_finds_nothing_in_the_workflows() -> None:
    command = [
        str(BIN / "zizmor"),
        "--offline",
        "--no-progress",
        "--config",
        ".github/zizmor.yml",
        ".github",
        "action.yml",
    ]
    checked = subprocess.run([*command, "examples/ci"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


ASKS = """\
import os, sys, urllib.request
headers = {"authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
urllib.request.urlopen(urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/models", headers=headers), timeout=10)
"""


@pytest.mark.parametrize("code", [0, 7])
def test_the_generic_script_ends_as_its_command_does(tmp_path: Path, code: int) -> None:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = [str(ROOT / "examples/ci/generic.sh"), sys.executable, "-c", f"{ASKS}sys.exit({code})"]
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert run.returncode == code, run.stdout + run.stderr


def test_the_hook_runs_a_command_that_takes_files() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    files = [path for path in sorted((ROOT / "scenarios").rglob("*.yaml")) if re.search(hook["files"], path.as_posix())]
    name, *arguments = hook["entry"].split()
    command = [str(BIN / name), *arguments, str(files[0]), str(files[-1])]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
