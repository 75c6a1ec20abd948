"""Whole answers: CPU time of the server process for one POST /v1/messages, beside the bare app's.

Method: 16 keep-alive connections in a closed loop, a small request, a scenario with one fixed reply. The bare app
sends the bytes of the mock's body. The two take turns; see `results`.

Limits: CPU time includes the kernel's share (reading and writing sockets), as the bare app's does. The mock sends
three more headers and keeps a journal; that is part of its price. Requests per second are for orientation only,
because the client shares the machine.
"""

from statistics import median

from benchmarks import load, requests, servers
from benchmarks.load import Burst
from benchmarks.results import Goal, Report, Row, ratio, rounds

COUNT = 8_000
WARM_UP = 1_000
LIMIT = 1.8


def measure() -> Report:
    """Measure whole answers of the mock and of the bare app."""
    path = requests.PATHS["anthropic"]
    request = load.post(path, requests.small())
    with servers.workplace() as place, servers.mock(place, place.scenario(requests.REPLY)) as mock:
        body = load.body_of(load.once(mock, request))
        place.answer("anthropic", body)
        with servers.bare(place) as bare:
            plain = load.post("/whole/anthropic", requests.small())
            bursts: dict[str, list[Burst]] = {"mock": [], "bare": []}

            def cost(name: str) -> float:
                server, prepared = (mock, request) if name == "mock" else (bare, plain)
                measured = load.burst(server, lambda _: prepared, COUNT)
                bursts[name].append(measured)
                return measured.server_cpu / measured.answers

            load.burst(mock, lambda _: request, WARM_UP)
            load.burst(bare, lambda _: plain, WARM_UP)
            costs = rounds({"mock": lambda: cost("mock"), "bare": lambda: cost("bare")})
    times = ratio(costs["mock"], costs["bare"])
    rates = {name: median([burst.answers / burst.seconds for burst in measured]) for name, measured in bursts.items()}
    own, other = median(costs["mock"]), median(costs["bare"])
    return Report(
        rows=[
            Row(f"whole answer, {len(body)} bytes", "CPU us/request", own, other, times),
            Row("", "requests/s", rates["mock"], rates["bare"], remark="for orientation"),
        ],
        goals=[Goal("whole answer", "x bare", times, LIMIT, f"{own:.1f} beside {other:.1f} us a request")],
        remarks=[load.shares("whole answers", bursts)],
    )
