"""Memory after many requests: how much the mock grows with new prompts, short ones and then long ones.

Method: after some requests that wake everything up, 20,000 requests with different prompts (287 B), then 20,000 of
10 KB. By then the journal is full, and 10,000 more may cost nothing. The resident set is read between them.

Limits: the resident set moves in steps of the allocator. The client is a loop of our own, since each request differs.
"""

from itertools import pairwise

from benchmarks import load, requests, servers
from benchmarks.goals import Figure, Figures
from benchmarks.servers import BenchmarkError

COUNT = 20_000
AFTER = 10_000
WARM_UP = 50
LONG = 10_000
"""Bytes of a long request."""
BURST_LIMIT = 25.0
"""Seconds of one part."""


def measure() -> Figures:
    """Read the memory of the mock before and after each part."""
    path = requests.PATHS["anthropic"]
    filler = "x" * (LONG - len(requests.small()))

    def short(number: int) -> bytes:
        return load.post(path, requests.small(prompt=f"{number:08} {requests.PROMPT}"))

    def long(number: int) -> bytes:
        return load.post(path, requests.small(prompt=f"{number:08} {requests.PROMPT} {filler}"))

    def longer(number: int) -> bytes:
        return long(COUNT + number)

    with servers.workplace() as place, servers.mock(place, place.scenario(requests.REPLY)) as mock:
        load.burst(mock, lambda _: load.post(path, requests.small()), WARM_UP)
        readings = [mock.memory()]
        for make, count in ((short, COUNT), (long, COUNT), (longer, AFTER)):
            answers = load.burst(mock, make, count, BURST_LIMIT).answers
            if answers != count:
                raise BenchmarkError(f"only {answers:,} of {count:,} requests within {BURST_LIMIT:g} s")
            readings.append(mock.memory())
    small, large, after = (later - earlier for earlier, later in pairwise(readings))
    return {"memory.growth": Figure(small + large), "memory.after": Figure(after)}
