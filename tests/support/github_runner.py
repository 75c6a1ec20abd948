"""Run the steps of a composite action as GitHub's runner does: expressions, conditions, outputs, the runner's files.

Only what our action uses is known: `inputs.x`, `steps.x.outputs.y`, `github.action_path`, and in `if` `a == 'b'` and
`a != 'b'`.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
CONDITION = re.compile(r"(\S+) (==|!=) '(.*)'")


@dataclass(slots=True)
class Run:
    """What became of an action: the exit code of its last step, all output, each step's outputs, the job summary."""

    code: int = 0
    output: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    summary: str = ""


@dataclass(slots=True)
class Runner:
    """A runner with a folder of its own; `environment` is what the job has."""

    action: Mapping[str, Any]
    folder: Path
    environment: Mapping[str, str]
    left_out: frozenset[str] = frozenset()

    def run(self, **inputs: str) -> Run:
        """Run the action with `inputs`, up to the first step that fails, without the steps named in `left_out`."""
        given = {name: inputs.get(name, spec.get("default", "")) for name, spec in self.action["inputs"].items()}
        result = Run()
        for step in self.action["runs"]["steps"]:
            if step["name"] not in self.left_out and self._holds(step.get("if"), given, result):
                self._step(step, given, result)
                if result.code:
                    break
        return result

    def _step(self, step: Mapping[str, Any], inputs: Mapping[str, str], result: Run) -> None:
        output, summary = self.folder / "output", self.folder / "summary"
        output.write_text("")
        environment = {
            **self.environment,
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            **{name: self._filled(value, inputs, result) for name, value in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        with (self.folder / "log").open("w+") as log:  # a file: what a step leaves running would hold a pipe open
            done = subprocess.run(
                command, env=environment, cwd=self.folder, stdout=log, stderr=log, timeout=120, check=False
            )
        result.code = done.returncode
        result.output += (self.folder / "log").read_text()
        result.summary = summary.read_text() if summary.exists() else ""
        if name := step.get("id"):
            result.outputs[name] = dict(line.split("=", 1) for line in output.read_text().splitlines())

    def _filled(self, text: str, inputs: Mapping[str, str], result: Run) -> str:
        return EXPRESSION.sub(lambda found: self._value(found[1], inputs, result), str(text))

    def _holds(self, condition: str | None, inputs: Mapping[str, str], result: Run) -> bool:
        if condition is None:
            return True
        found = CONDITION.fullmatch(condition)
        assert found, condition
        return (self._value(found[1], inputs, result) == found[3]) is (found[2] == "==")

    def _value(self, expression: str, inputs: Mapping[str, str], result: Run) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return inputs[name]
            case ["steps", step, "outputs", name]:
                return result.outputs.get(step, {}).get(name, "")
            case ["github", "action_path"]:
                return str(self.folder)
            case _:
                raise ValueError(f"this runner does not know {expression}")
