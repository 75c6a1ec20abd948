"""What the proxy says while traffic passes: a line for each exchange, its violations below, a log for programs."""

from collections.abc import Callable
from pathlib import Path

import orjson

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import PROMISES
from mockserver.gate.proxy import Tell
from mockserver.gate.reports.curl import curl


def teller(base: str, echo: Callable[[str], None], log: Path | None) -> Tell:
    """A function that tells of exchanges."""

    def tell(exchange: CheckedExchange, findings: list[Deviation], unjudged: str) -> None:
        asked, answer = exchange.asked, exchange.answer
        mark = "!" if findings else "?" if unjudged else " "
        line = f"{mark} {answer.status or '---'}  {asked.method} {asked.path}  {answer.seconds * 1000:.0f} ms"
        lines = [f"{line}  not judged: {unjudged}" if unjudged else line]
        lines += [f"      {one.promise} [{PROMISES[one.promise].source}]: {one.got}" for one in findings]
        echo("\n".join(lines))  # at once: other threads tell of theirs
        if log is not None and findings:
            told = {
                "at": exchange.at,
                "status": answer.status,
                "request": curl(base, asked),
                "broken": [{"promise": finding.promise, "got": finding.got} for finding in findings],
            }
            with log.open("ab") as file:
                file.write(orjson.dumps(told) + b"\n")

    return tell
