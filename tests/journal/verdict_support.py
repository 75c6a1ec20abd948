"""What the tests of the verdict share: tools, and exchanges at chosen times."""

from collections.abc import Iterator

from pydantic import JsonValue

from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.log import Captured, Exchange, Outcome
from mockserver.journal.record import Record
from mockserver.journal.verdict import judge
from mockserver.testing.gateway import GatewaySession

TOOLS: JsonValue = [
    {
        "name": "search",
        "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
    }
]


def exchanges(gateway: GatewaySession, times: list[tuple[float, float]], outcome: Outcome) -> Iterator[Exchange]:
    """Yield copies of the last exchange, as if they had happened at these times."""
    base = gateway.journal.last.exchange
    for number, (arrived, left) in enumerate(times, start=1):
        kept = Captured(headers={}, received_at=arrived, ended_at=left)
        yield Exchange(number, arrived, "", base.method, base.path, base.body, base.note, outcome, kept)


def rules_of(
    gateway: GatewaySession, times: list[tuple[float, float]], outcome: Outcome, limits: ClientLimits
) -> set[str]:
    contract = gateway._server.contract
    return judge([Record(one, contract) for one in exchanges(gateway, times, outcome)], limits).rules
