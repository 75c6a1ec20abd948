"""The state machine of the suite with more runs: any bytes in, then everything is read back, with feeds and without."""

import os
import re
import subprocess
import sys

from tools.attack.act import Act, Notes
from tools.attack.mock import ROOT

RUNS = 15
"""Runs of the machine, and examples of each property, of which one takes far less time."""
TESTS = ("tests/attack/test_machine.py", "tests/attack/test_reading.py")


def run(notes: Notes) -> None:
    """Run the machine and the properties in a pytest of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command += [f"--hypothesis-seed={notes.seed}", *TESTS]
    environment = {**os.environ, "ATTACK_EXAMPLES": str(RUNS)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    notes.figure(f"{RUNS} runs: {(ended.stdout.strip().splitlines() or ['no output'])[-1]}")
    for failure in re.findall(r"^(?:FAILED|ERROR|E  ) .*", ended.stdout, re.MULTILINE):
        notes.failures.append(failure)
    notes.check(ended.returncode == 0, f"pytest ends with {ended.returncode}")


ACT = Act("machine", "a state machine: any bytes in, then everything is read back, with feeds and without", run)
