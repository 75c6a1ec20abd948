"""`python -m tools.exam`: examines the real clients, and writes docs/exam-results.json and docs/exam-results.md.

The clients and their programs are those of `tools.acts`. Give names of clients to examine only those; their results
replace the earlier ones.
"""

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.core.errors import did_you_mean
from mockserver.exam.cases import read_cases
from mockserver.exam.clients import CommandClient
from mockserver.exam.reports.json import as_value
from mockserver.exam.runner import Examiner, ExamSettings
from tools.acts.clients import CLIENTS, PROGRAMS, ClientUnderTest
from tools.exam.pages import markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = DOCS / "exam-results.json"
JOBS = 4


class ExaminedClient(NamedTuple):
    """A client of `tools.acts` and the verb that it is examined with: a tool loop, streamed or whole."""

    client: ClientUnderTest
    verb: str

    @property
    def name(self) -> str:
        """Its name on the page."""
        return self.client.name + ("" if self.verb == "parallel" else ", whole")


WHOLE = ("anthropic-python", "anthropic-node", "openai-python", "openai-node")
"""The SDKs, which are examined with whole answers too."""

STREAMED = (
    *WHOLE,
    *("langchain-anthropic", "langchain-openai", "pydantic-ai-anthropic", "pydantic-ai-openai"),
    *("vercel-anthropic", "vercel-openai"),
)

EXAMINED = tuple(
    [
        ExaminedClient(client, verb)
        for verb, names in (("parallel", STREAMED), ("tools", WHOLE))
        for client in CLIENTS
        if client.name in names
    ]
)


def main(names: list[str]) -> None:
    """Examine the clients of these names, or all."""
    known = [one.name for one in EXAMINED]
    for name in names:
        if name not in known:
            raise SystemExit(f"no client is named '{name}'; {did_you_mean(name, known)}")
    chosen = [one for one in EXAMINED if not names or one.name in names]
    before = json.loads(RESULTS.read_text("utf-8"))["clients"] if RESULTS.exists() else {}
    results = {**before, **dict(map(examine, chosen))}
    document = {
        "made": date.today().isoformat(),
        "cases": {case.name: {"theme": case.header.theme, "about": case.header.gateway} for case in read_cases()},
        "clients": {name: results[name] for name in known if name in results},
    }
    RESULTS.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (DOCS / "exam-results.md").write_text(markdown(document), "utf-8")
    print("docs/exam-results.md, docs/exam-results.json")


def examine(examined: ExaminedClient) -> tuple[str, Mapping[str, Any]]:  # Any: JSON
    """Return the name of a client and its results as plain data."""
    client = examined.client
    runner = [sys.executable, "-S"] if client.is_python else ["node", "--experimental-import-meta-resolve"]
    command = CommandClient(
        [*runner, str(PROGRAMS / client.program)],
        failure='"error": ?"[^"]*"',
        stdin=json.dumps({"wire": client.wire, "verb": examined.verb, "env": {}}).encode() + b"\n",
        env={"PYTHONPATH": str(client.folder), "CLIENT_PACKAGES": str(client.folder)},
    )
    run = as_value(Examiner(command, read_cases(), ExamSettings(jobs=JOBS)).hold())
    print(f"{examined.name}: {run['verdict']}; {run['seconds']:.0f} s {run['stopped']}", flush=True)
    kept = {
        case["name"]: {"state": case["state"], "reason": case["reason"], "findings": case["findings"]}
        for case in run["cases"]
    }
    return examined.name, {
        "version": f"{client.package} {client.version()}",
        "grade": run["grade"],
        "grades": run["grades"],
        "seconds": round(run["seconds"]),
        "cases": kept,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
