"""Small files that make large answers: the dry run is bounded, off the loop, and refuses with a line."""

import time

from tools.attack.act import Act, Notes
from tools.attack.mock import mock

SOON = 3.0
"""Seconds until such a file is refused."""
CASES = {
    "50 large_event": "scenario: a\nturns:\n  - reply: a b c\n    faults: [" + ", ".join(["large_event"] * 50) + "]\n",
    "1000 pings": "scenario: a\nturns:\n" + "  - {reply: a, faults: [{pings: 10000}], times: 1}\n" * 60,
    "comments": "scenario: a\nturns:\n" + ("  - {reply: " + "a " * 400 + ", faults: [{comments: 1000}]}\n") * 20,
}
ROUTES = (("POST", "/lint"), ("PUT", "/scenarios/a"), ("POST", "/explain"))


def run(notes: Notes) -> None:
    """Send each file to each route that tries it out."""
    slowest, failed = 0.0, list[str]()
    with mock() as attacked, attacked.control() as control:
        control.get("/about")
        with notes.watched(attacked, fills=60):
            for name, text in CASES.items():
                for method, path in ROUTES if name.startswith("50") else ROUTES[:1]:
                    said = {"yaml": text, **({"request": "{}"} if path == "/explain" else {})}
                    start = time.monotonic()
                    answer = control.request(method, path, json=said)
                    took = time.monotonic() - start
                    slowest = max(slowest, took)
                    if answer.status_code >= 500 or took > SOON:
                        failed.append(f"{name} at {path}: {answer.status_code} after {took:.1f} s")
    notes.figure(f"slowest {slowest:.1f} s")
    notes.check(not failed, f"files that take too long: {failed}")


ACT = Act("dry-run", "50 large_event faults and other small files with large answers to lint, put, explain", run)
