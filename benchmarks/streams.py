"""Unpaced streams of fifty deltas on both wires: CPU time of the server process for one event.

Method: as for whole answers, with `stream: true`. The bare app sends the bytes of the mock's stream, once in one send
(the least there is) and once with a send for each event (what most servers do). The cost of a stream is divided by its
events, which the client counts.

Limits: all streams have one text, as in a scenario, so whatever the mock keeps of a text helps here; `engine` has a
text that is new each time. The goal in microseconds is for a machine of about 3 GHz, the ratio for any.
"""

from functools import partial
from statistics import median

from benchmarks import load, requests, servers
from benchmarks.load import Burst
from benchmarks.results import Goal, Report, Row, ratio, rounds

COUNTS = {"mock": 3_000, "joined": 3_000, "each": 800}
WARM_UP = 200
LIMIT = 1.2


def measure() -> Report:
    """Measure both wires beside the bare app."""
    with servers.workplace() as place, servers.mock(place, place.scenario(requests.STREAMED)) as mock:
        sent = {wire: load.post(path, requests.small(stream=True)) for wire, path in requests.PATHS.items()}
        for wire, request in sent.items():
            place.answer(wire, load.body_of(load.once(mock, request)))
        with servers.bare(place) as bare:
            return join([_wire(mock, bare, wire, request) for wire, request in sent.items()])


def join(reports: list[Report]) -> Report:
    """Return several reports as one."""
    return Report(
        [row for report in reports for row in report.rows],
        [goal for report in reports for goal in report.goals],
        [remark for report in reports for remark in report.remarks],
    )


def _wire(mock: servers.Server, bare: servers.Server, wire: str, request: bytes) -> Report:
    body = requests.small(stream=True)
    sent = {
        "mock": (mock, request),
        "joined": (bare, load.post(f"/joined/{wire}", body)),
        "each": (bare, load.post(f"/each/{wire}", body)),
    }
    bursts: dict[str, list[Burst]] = {name: [] for name in sent}

    def cost(name: str, count: int) -> float:
        server, prepared = sent[name]
        measured = load.burst(server, lambda _: prepared, count)
        bursts[name].append(measured)
        return measured.server_cpu / measured.events

    for name in sent:
        cost(name, WARM_UP)
        bursts[name].clear()
    costs = rounds({name: partial(cost, name, COUNTS[name]) for name in sent})
    own = median(costs["mock"])
    joined, each = (ratio(costs["mock"], costs[name]) for name in ("joined", "each"))
    events = bursts["mock"][0].events // bursts["mock"][0].answers
    return Report(
        rows=[
            Row(f"{wire} stream, {events} events", "CPU us/event", own, median(costs["joined"]), joined, "one send"),
            Row("", "CPU us/event", own, median(costs["each"]), each, "one send an event"),
        ],
        goals=[Goal(f"{wire} stream", "us/event", own, LIMIT, f"{joined:.2f} x one send, {each:.2f} x one each")],
        remarks=[load.shares(f"{wire} streams", bursts)],
    )
