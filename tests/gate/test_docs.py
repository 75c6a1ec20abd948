"""docs/contract-gate.md is true: it names every option, profile and command, and its baseline can be read."""

import re
from pathlib import Path

from mockserver.cli.contract import contract
from mockserver.gate import baseline
from mockserver.gate.options import PARAMETERS
from mockserver.gate.profiles import PROFILES

DOC = (Path(__file__).parents[2] / "docs" / "contract-gate.md").read_text(encoding="utf-8")


def test_the_page_names_every_option_and_profile() -> None:
    options = {name for parameter in PARAMETERS for name in parameter.opts if name.startswith("--")}
    named = set(re.findall(r"--[a-z-]+", DOC))
    assert options - named <= {"--profile", "--key"}
    assert all(f"`{name}`" in DOC for name in PROFILES)


def test_the_page_names_every_command() -> None:
    assert all(f"mockserver contract {name}" in DOC for name in set(contract.commands) - {"check"})


def test_the_budget_on_the_page_is_the_real_one() -> None:
    assert str(PROFILES["paid"].budget) in DOC


def test_the_baseline_on_the_page_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "baseline.yaml"
    file.write_text("\n".join(re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)))
    assert [entry.promise for entry in baseline.read(file)] == ["error-dialect"]
