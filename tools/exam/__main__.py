"""`python -m tools.exam`: examines the real clients, and writes docs/exam-results.json and docs/exam-results.md.

Give names of clients to examine only those; their results replace the earlier ones.
"""

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from mockserver.core.errors import did_you_mean
from mockserver.exam.cases import read_cases
from mockserver.exam.reports.json import as_value
from mockserver.exam.runner import Examiner, ExamSettings
from tools.exam.clients import EXAMINED, ExaminedClient
from tools.exam.pages import markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = DOCS / "exam-results.json"
JOBS = 4


def main(names: list[str]) -> None:
    """Examine the clients of these names, or all."""
    for name in names:
        if name not in EXAMINED:
            raise SystemExit(f"no client is named '{name}'; {did_you_mean(name, EXAMINED)}")
    before = json.loads(RESULTS.read_text("utf-8"))["clients"] if RESULTS.exists() else {}
    results = {**before, **{name: examine(EXAMINED[name]) for name in names or EXAMINED}}
    document = {
        "made": date.today().isoformat(),
        "cases": {case.name: {"theme": case.header.theme, "about": case.header.gateway} for case in read_cases()},
        "clients": {name: results[name] for name in EXAMINED if name in results},
    }
    RESULTS.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (DOCS / "exam-results.md").write_text(markdown(document), "utf-8")
    print("docs/exam-results.md, docs/exam-results.json")


def examine(examined: ExaminedClient) -> Mapping[str, Any]:  # Any: JSON
    """Return the results of a client as plain data."""
    with examined.command() as command:
        run = as_value(Examiner(command, read_cases(), ExamSettings(jobs=JOBS)).hold())
    print(f"{examined.name}: {run['verdict']}; {run['seconds']:.0f} s {run['stopped']}", flush=True)
    kept = {
        case["name"]: {"state": case["state"], "reason": case["reason"], "findings": case["findings"]}
        for case in run["cases"]
    }
    return {
        "version": examined.version(),
        "grade": run["grade"],
        "grades": run["grades"],
        "seconds": round(run["seconds"]),
        "cases": kept,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
