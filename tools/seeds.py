"""`make gate`: the mock against its own contract, with twenty seeds; nothing may stay unexamined.

It does what a user does: `mockserver serve` on a free port, then `mockserver contract URL --require-all` for each
seed.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ACCOUNTS = ROOT / "docs" / "accounts.yaml"
LOGIN, SECOND_LOGIN = "jo@example.com:secret", "kim@example.com:secret"
"""The users in the accounts file."""

MOCKSERVER = (sys.executable, "-m", "mockserver")


@contextmanager
def served() -> Iterator[str]:
    """Serve the mock with accounts while the block runs; yield the URL."""
    command = [*MOCKSERVER, "serve", "--port", "0", "--quiet", "--accounts", str(ACCOUNTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url_found = next((url for line in process.stdout if (url := re.search(r"http://\S+", line))), None)
            if url_found is None:
                sys.exit("the mock did not start")
            yield url_found[0]
        finally:
            process.terminate()


def gate(url: str, seed: int) -> bool:
    """Run the gate once. Print a line, or everything that the gate prints if the run fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        options = [
            "--seed",
            str(seed),
            "--profile",
            "full",
            "--login",
            LOGIN,
            "--second-login",
            SECOND_LOGIN,
            "--require-all",
            "--json",
            str(file),
        ]
        done = subprocess.run(
            [*MOCKSERVER, "contract", url, "--quiet", *options], capture_output=True, text=True, check=False
        )
        report = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    if report is None or done.returncode:
        print(f"seed {seed}: exit code {done.returncode}\n{done.stdout}{done.stderr}", flush=True)
    else:
        print(f"seed {seed}: {report['verdict']}; {report['requests']} requests, {report['seconds']:.1f} s", flush=True)
    return done.returncode == 0


def main() -> int:
    """Return 1 if the mock fails with any seed."""
    parser = argparse.ArgumentParser(prog="python -m tools.seeds", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="from 1 to N (20)")
    options = parser.parse_args()
    with served() as url:
        failed = [seed for seed in range(1, options.seeds + 1) if not gate(url, seed)]
    print(f"clean on {options.seeds - len(failed)} of {options.seeds} seeds")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
