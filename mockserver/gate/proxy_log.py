"""What the proxy prints: a line for each exchange, its broken promises below it, and a log for programs."""

from collections.abc import Callable
from pathlib import Path

import orjson

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.promises import PROMISES
from mockserver.gate.proxy import ReportExchange
from mockserver.gate.reports.curl import curl


def proxy_log(base: str, echo: Callable[[str], None], log: Path | None) -> ReportExchange:
    """Return a function that prints an exchange and appends its broken promises to the log."""

    def report(exchange: CheckedExchange, deviations: list[Deviation], unchecked: str) -> None:
        request, response = exchange.request, exchange.response
        mark = "!" if deviations else "?" if unchecked else " "
        line = f"{mark} {response.status or '---'}  {request.method} {request.path}  {response.seconds * 1000:.0f} ms"
        lines = [f"{line}  not checked: {unchecked}" if unchecked else line]
        lines += [
            f"      {deviation.promise} [{PROMISES[deviation.promise].source}]: {deviation.got}"
            for deviation in deviations
        ]
        echo("\n".join(lines))  # in one call: other threads print too
        if log is not None and deviations:
            record = {
                "at": exchange.at,
                "status": response.status,
                "request": curl(base, request),
                "broken": [{"promise": deviation.promise, "got": deviation.got} for deviation in deviations],
            }
            with log.open("ab") as file:
                file.write(orjson.dumps(record) + b"\n")

    return report
