"""Mutated YAML: scenarios and chaos files that are nearly right get a list of mistakes, soon, and never a failure."""

import json
import time

from tools.attack.act import Act, Notes
from tools.attack.mock import ROOT, mock

MUTANTS = 120
SOON = 2.0
"""Seconds that a text of a few kilobytes may take."""
PARTS = (
    "\t",
    "- ",
    ": ",
    "{",
    "[",
    "]",
    "&a ",
    "*a",
    "!!python/object:os.system ",
    "1e999",
    "'",
    '"',
    "\x00",
    "\ud800",
    "~",
    "<<: *a",
    "999999999999999999999",
    ".inf",
    "times: always",
    "at: -1",
    "? ",
    "|\n",
    "---\n",
    "%YAML 9\n",
)


def mutant(notes: Notes, text: str) -> str:
    """Return a text with pieces put in, cut out or moved."""
    for _ in range(notes.random.randint(1, 4)):
        place = notes.random.randrange(len(text) + 1)
        match notes.random.randrange(3):
            case 0:
                text = text[:place] + notes.random.choice(PARTS) + text[place:]
            case 1:
                text = text[:place] + text[place + notes.random.randint(1, 30) :]
            case _:
                text = text[:place] + text[place : place + 60] * 2 + text[place + 60 :]
    return text


def run(notes: Notes) -> None:
    """Send mutants of every shipped scenario and chaos profile to every route that reads a file."""
    files = sorted((ROOT / "scenarios").rglob("*.yaml"))
    slowest, failed = 0.0, list[str]()
    with mock() as attacked, attacked.control() as control:
        control.get("/about")
        with notes.watched(attacked, fills=40):
            for number in range(MUTANTS):
                text = mutant(notes, files[number % len(files)].read_text(encoding="utf-8"))
                for method, path in (("POST", "/lint"), ("PUT", "/scenarios/a"), ("PUT", "/chaos/a")):
                    start = time.monotonic()
                    answer = control.request(method, path, content=_json(text), headers=JSON)
                    slowest = max(slowest, time.monotonic() - start)
                    if answer.status_code >= 500:
                        failed.append(f"{method} {path} {text[:200]!r}")
    notes.figure(f"{3 * MUTANTS} texts, {len(failed)} answered 500, slowest {slowest:.2f} s")
    notes.check(not failed, f"a text is answered 500: {failed[:2]}")
    notes.check(slowest < SOON, f"a text took {slowest:.1f} s")


JSON = {"content-type": "application/json"}


def _json(text: str) -> bytes:
    return json.dumps({"yaml": text}).encode()


ACT = Act("yaml", "mutated scenario and chaos files", run)
