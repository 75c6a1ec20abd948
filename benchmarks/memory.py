"""Memory after many requests: how much the mock grows when every prompt is new, and then when every key is new.

Method: 2,000 requests with prompts of their own fill the journal (it holds 1,000 exchanges); then 18,000 more; then
20,000 with keys of their own as well, each of which makes a session (the store holds 10,000). The resident set is read
between. What grows by design has grown after the first and the last; what leaks shows in the middle.

Limits: the resident set moves in steps of the allocator. Bodies are small; the journal's other bound is 16 MB of them.
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
