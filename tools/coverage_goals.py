"""How much of each folder the tests must cover, by branch. Run after pytest --cov: `python -m tools.coverage_goals`.

Code that cannot run in a test carries `# pragma: no cover` and the reason on its line.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]

PURE = ("core", "openapi", "wires", "accounts", "faults", "scenarios", "engine", "external")
"""The layers without I/O: every line and branch."""

PURE_GOAL, GOAL = 100.0, 95.0
"""Percent."""


def measured() -> dict[str, dict[str, Any]]:
    """Return coverage's own JSON report by file, as paths below `mockserver/`."""
    coverage = Coverage(config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(file), include=[f"{ROOT}/mockserver/*"])  # tests make copies elsewhere
        files = orjson.loads(file.read_bytes())["files"]
    found = {(ROOT / name).resolve(): report for name, report in files.items()}
    package = ROOT / "mockserver"
    return {str(path.relative_to(package)): entry for path, entry in found.items() if path.is_relative_to(package)}


def percent(summaries: Iterable[Mapping[str, int]]) -> float:
    """Return the share of lines and branches that were executed."""
    done = total = 0
    for summary in summaries:
        done += summary["covered_lines"] + summary["covered_branches"]
        total += summary["num_statements"] + summary["num_branches"]
    return 100.0 * done / total if total else 100.0


def main() -> int:
    """Print a line for each folder; return 1 if one misses its goal."""
    folders: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for name, report in sorted(measured().items()):
        folders[name.rpartition("/")[0].partition("/")[0] or "."][name] = report
    failed = False
    for folder, files in folders.items():
        goal, share = (PURE_GOAL if folder in PURE else GOAL), percent(entry["summary"] for entry in files.values())
        print(f"{folder:<12} {share:6.1f} %  {'' if share >= goal else f'below {goal:g} %'}".rstrip())
        if share >= goal:
            continue
        failed = True
        for name, report in files.items():
            if report["missing_lines"] or report["missing_branches"]:
                print(f"  {name}: lines {report['missing_lines']}, branches {report['missing_branches']}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
