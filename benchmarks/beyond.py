"""What an answer costs beyond a plain one: tools, errors, a long history, a long scenario, chaos, an account.

Method: each on a server of its own, all in turns with the plain answer. A request with more bytes costs more to read,
for any server. So what its bytes cost beyond the plain request's is taken off: the socket's and the HTTP parser's
share is what the bare app needs more for the same bytes, and decoding and validating are timed in this process.

Limits: a step in this process is warmer than one in a server, so a little too little is taken off.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median

import orjson

from benchmarks import load, requests, servers
from benchmarks.goals import Figure, Figures
from benchmarks.results import rounds
from benchmarks.servers import Server, Workplace
from benchmarks.wrk import LoopRequest, WrkBurst, burst
from mockserver.files.contract import load_contract
from mockserver.openapi.request_body import read_body

ROUNDS = 3
LIMIT = 40.0
"""Seconds after which no further round begins."""
HISTORY, TURNS = 200, 1_000
READS = 300
KEY = "sk_with_account"
PATH = requests.PATHS["anthropic"]

TOOL = "[{tool_use: {name: read_file, input: {path: /tmp/test.txt}}}]"
SCENARIOS: Mapping[str, str] = {
    "plain": f'  - {{reply: "{requests.REPLY}", times: always}}\n',
    "tools": f"  - {{reply: {TOOL}, times: always}}\n",
    "error": "  - {error: {status: 429, retry_after: 1}, times: always}\n",
    "turns": "".join(f"  - {{when: {{text: {{contains: 'say {n}.'}}}}, reply: r}}\n" for n in range(TURNS - 1)),
}
ACCOUNT = f"{{key: {KEY}, plan: enterprise, credits: 1000000000, limits: {{requests: 1000000000, per: 1m}}}}"


def measure() -> Figures:
    """Measure the plain answer and all others in turns."""
    asks = requests_by_name()
    with servers.workplace() as place, ExitStack() as stack:
        mocks = {name: stack.enter_context(_mock(place, name)) for name in asks if name != "history"}
        mocks["history"] = mocks["plain"]
        place.answer("anthropic", load.body_of(load.once(mocks["plain"], load.post(PATH, asks["plain"].body))))
        bare = stack.enter_context(servers.bare(place))
        plain = asks["plain"].body
        larger = {name: ask.body for name, ask in asks.items() if ask.body != plain or name == "plain"}
        measures = {name: partial(burst, mocks[name], ask) for name, ask in asks.items()}
        measures |= {
            f"bytes {name}": partial(burst, bare, LoopRequest("/whole/anthropic", body))
            for name, body in larger.items()
        }
        bursts = rounds(measures, ROUNDS, LIMIT)
    extra = {name: reading(body) - reading(plain) for name, body in larger.items()}
    return {f"beyond.{name}": _figure(bursts, name, extra.get(name)) for name in asks if name != "plain"}


def _figure(bursts: Mapping[str, list[WrkBurst]], name: str, extra: float | None) -> Figure:
    own, plain = [measured.cpu for measured in bursts[name]], [measured.cpu for measured in bursts["plain"]]
    if extra is not None:
        bare = zip(bursts[f"bytes {name}"], bursts["bytes plain"], strict=True)
        own = [cost - extra - (more.cpu - less.cpu) for cost, (more, less) in zip(own, bare, strict=True)]
    return Figure(median(own), median(plain), median([cost / least for cost, least in zip(own, plain, strict=True)]))


def requests_by_name() -> dict[str, LoopRequest]:
    """Return the request of each kind of answer."""
    plain = LoopRequest(PATH, requests.small())
    tools = {**orjson.loads(plain.body), "tools": [requests.TOOL]}
    return {
        "plain": plain,
        "tools": plain._replace(body=orjson.dumps(tools)),
        "error": plain._replace(refused=True),
        "history": plain._replace(body=requests.history(HISTORY)),
        "turns": plain,
        "chaos": plain._replace(refused=None),
        "account": plain._replace(key=KEY),
    }


@contextmanager
def _mock(place: Workplace, name: str) -> Iterator[Server]:
    """Run the mock as one kind of answer needs it."""
    turns = SCENARIOS.get(name, "") + (SCENARIOS["plain"] if name not in ("plain", "tools", "error") else "")
    scenario, accounts = place.folder / f"{name}.yaml", place.folder / "accounts.yaml"
    scenario.write_text(f"scenario: {name}\nturns:\n{turns}", encoding="utf-8")
    accounts.write_text(f"accounts:\n  - {ACCOUNT}\n", encoding="utf-8")
    options = {"chaos": ["--chaos", "flaky"], "account": ["--accounts", str(accounts)]}.get(name, [])
    with servers.mock(place, scenario, *options) as server:
        yield server


def reading(body: bytes) -> float:
    """Return the CPU microseconds of decoding and validating a body."""
    operation, _ = load_contract().find("POST", PATH)
    batches = []
    for _ in range(5):
        begun = time.thread_time_ns()
        for _ in range(READS):
            read_body(operation, body)
        batches.append((time.thread_time_ns() - begun) / READS / 1_000)
    return median(batches)
