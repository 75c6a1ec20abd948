"""Unpaced streams of fifty deltas on both wires: CPU time of the server process for one event.

Method: as for whole answers, with `stream: true`. The bare app sends the very bytes of the mock's stream, once in one
send (the least there is) and once with a send for each event (what most servers do). The cost of a stream is divided by
its events, which the client counts.

Limits: one text for all the streams, as a scenario has. Whatever the mock keeps of a text that it has sent before
helps here; `engine` has a text that is new each time. The goal in microseconds is for a machine of about 3 GHz, the
ratio for any.
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
    with servers.workplace() as place, servers.mock(place, place.scenario(requests.STREAMED)) as mock:
        asked = {wire: load.post(path, requests.small(stream=True)) for wire, path in requests.PATHS.items()}
        for wire, request in asked.items():
            place.answer(wire, load.body_of(load.once(mock, request)))
        with servers.bare(place) as bare:
            return join([_wire(mock, bare, wire, request) for wire, request in asked.items()])


def join(reports: list[Report]) -> Report:
    """Several reports as one."""
    return Report(
        [row for report in reports for row in report.rows],
        [goal for report in reports for goal in report.goals],
        [remark for report in reports for remark in report.remarks],
    )


def _wire(mock: servers.Server, bare: servers.Server, wire: str, request: bytes) -> Report:
    body = requests.small(stream=True)
    asked = {
        "mock": (mock, request),
        "joined": (bare, load.post(f"/joined/{wire}", body)),
        "each": (bare, load.post(f"/each/{wire}", body)),
    }
    bursts: dict[str, list[Burst]] = {name: [] for name in asked}

    def cost(name: str, count: int) -> float:
        server, made = asked[name]
        found = load.burst(server, lambda _: made, count)
        bursts[name].append(found)
        return found.server_cpu / found.events

    for name in asked:
        cost(name, WARM_UP)
        bursts[name].clear()
    costs = rounds({name: partial(cost, name, COUNTS[name]) for name in asked})
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
