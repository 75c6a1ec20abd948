"""`python -m tools.acts`: runs every real client through every act, and writes what came of it.

It writes docs/client-acts.json and docs/client-acts.md, and the requests of the newest releases as client profiles.
Give names of clients to run only those: then only their profiles are written.
"""

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from mockserver.core.errors import did_you_mean
from tools.acts.acts import ACTS
from tools.acts.capture import write_profile
from tools.acts.clients import CLIENTS, ClientUnderTest
from tools.acts.pages import markdown
from tools.acts.run import ActResult, run_acts

DOCS = Path(__file__).resolve().parents[2] / "docs"
SIDE_BY_SIDE = 2


def main(names: list[str]) -> None:
    """Run the clients of these names, or all."""
    known = [client.name for client in CLIENTS]
    for name in names:
        if name not in known:
            raise SystemExit(f"no client is named '{name}'; {did_you_mean(name, known)}")
    clients = [client for client in CLIENTS if not names or client.name in names]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = dict(zip(clients, pool.map(run_acts, clients), strict=True))
    for client, outcomes in runs.items():
        if client.profile:
            write_profile(client, outcomes)
        marks = [f"{name} {outcome.mark}" for name, outcome in outcomes.items() if outcome.mark != "none"]
        print(f"{client.name}: {', '.join(marks)}")
    if not names:
        _write_pages(runs)


def _write_pages(runs: Mapping[ClientUnderTest, Mapping[str, ActResult]]) -> None:
    document = {
        "made": date.today().isoformat(),
        "acts": {act.name: act.about for act in ACTS.values()},
        "clients": {
            client.name: {
                "version": client.version(),
                "outcomes": {name: {"mark": outcome.mark, "note": outcome.note} for name, outcome in outcomes.items()},
            }
            for client, outcomes in runs.items()
        },
    }
    (DOCS / "client-acts.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (DOCS / "client-acts.md").write_text(markdown(document), "utf-8")
    print("docs/client-acts.md, docs/client-acts.json, client-profiles/")


if __name__ == "__main__":
    main(sys.argv[1:])
