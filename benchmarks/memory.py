"""Memory after many requests: how much the mock grows with new prompts, and then with new keys.

Method: 2,000 requests with different prompts fill the journal (it holds 1,000 exchanges). Then come 18,000 more, then
20,000 with different keys, each of which makes a session (the store holds 10,000). The resident set is read between
them. Growth by design shows after the first and the last part, a leak in the middle one.

Limits: the resident set moves in steps of the allocator. Bodies are small, so the journal's other limit, 16 MB of
bodies, is not reached.
"""

from itertools import pairwise

from benchmarks import load, requests, servers
from benchmarks.results import Goal, Report, Row

FILL = 2_000
MORE = 18_000
KEYS = 20_000
BURST_LIMIT = 10.0
LEAK_LIMIT = 1.0
JOURNAL_LIMIT = 16.0


def measure() -> Report:
    """Read the memory of the mock before and after each part."""
    path = requests.PATHS["anthropic"]

    def prompt(number: int) -> bytes:
        return load.post(path, requests.small(prompt=f"Question {number} of many: {requests.PROMPT}"))

    def key(number: int) -> bytes:
        return load.post(path, requests.small(prompt=f"Question {number} of many"), key=f"sk_bench_{number}")

    with servers.workplace() as place, servers.mock(place, place.scenario(requests.REPLY)) as mock:
        load.once(mock, prompt(0))
        readings = [mock.memory()]
        answers = 0
        for make, count in ((prompt, FILL), (lambda n: prompt(FILL + n), MORE), (key, KEYS)):
            answers += load.burst(mock, make, count, BURST_LIMIT).answers
            readings.append(mock.memory())
    full, more, keyed = (after - before for before, after in pairwise(readings))
    remarks = [] if answers == FILL + MORE + KEYS else [f"memory: only {answers:,} requests within the time"]
    return Report(
        rows=[
            Row(f"growth, {FILL + MORE:,} new prompts", "MB", full + more),
            Row(f"  of which after the first {FILL:,}", "MB", more),
            Row(f"growth, {KEYS:,} new keys then", "MB", keyed),
        ],
        goals=[
            Goal("growth, all prompts", "MB", full + more, JOURNAL_LIMIT, "the journal's own bound"),
            Goal("growth, journal full", "MB", more, LEAK_LIMIT, f"{MORE:,} requests more"),
        ],
        remarks=remarks,
    )
