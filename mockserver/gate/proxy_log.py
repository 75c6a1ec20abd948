"""What the proxy says while traffic passes: a line for each exchange, its violations below, a log for programs."""

from collections.abc import Callable
from pathlib import Path

import orjson

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import PROMISES
from mockserver.gate.proxy import Tell
from mockserver.gate.reports.curl import curl


def proxy_log(base: str, echo: Callable[[str], None], log: Path | None) -> Tell:
    """A function that tells of exchanges."""

    def tell(exchange: CheckedExchange, findings: list[Deviation], unjudged: str) -> None:
        request, response = exchange.request, exchange.response
        mark = "!" if findings else "?" if unjudged else " "
        line = f"{mark} {response.status or '---'}  {request.method} {request.path}  {response.seconds * 1000:.0f} ms"
        lines = [f"{line}  not judged: {unjudged}" if unjudged else line]
        lines += [f"      {one.promise} [{PROMISES[one.promise].source}]: {one.got}" for one in findings]
        echo("\n".join(lines))  # at once: other threads tell of theirs
        if log is not None and findings:
            told = {
                "at": exchange.at,
                "status": response.status,
                "request": curl(base, request),
                "broken": [{"promise": finding.promise, "got": finding.got} for finding in findings],
            }
            with log.open("ab") as file:
                file.write(orjson.dumps(told) + b"\n")

    return tell
