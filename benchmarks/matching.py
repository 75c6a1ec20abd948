"""What a long scenario costs: a step of 1,000 turns beside one of 10, rule by rule, and of a 200-message history.

Method: `Engine.step` without a socket; CPU time, the best of several rounds of many steps. The request matches the
last turn, so that the engine has to pass over everything before it. Goals: for the common matchers a thousand turns
cost less than twice as much as ten; a 200-message history takes under 150 us beyond decoding and validating it.
"""

import time
from collections.abc import Callable

import orjson

from benchmarks.goals import Figure, Figures
from benchmarks.results import Limit, Report, Row
from mockserver.accounts.session import Session
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import loader
from mockserver.files.contract import load_contract
from mockserver.openapi.contract import Contract
from mockserver.openapi.request_body import read_body
from mockserver.scenarios.compile import compile_scenario

FEW, MANY = 10, 1_000
ROUNDS, STEPS = 7, 300

SCRIPT = "a plain script"
RULES: dict[str, Callable[[int], str]] = {
    "text equals": lambda number: f"  - {{when: {{text: say {number}}}, reply: r, times: always}}\n",
    "text contains": lambda number: f"  - {{when: {{text: {{contains: 'say {number}.'}}}}, reply: r, times: always}}\n",
    "text regex": lambda number: f"  - {{when: {{text: {{regex: 'say {number}[.]'}}}}, reply: r, times: always}}\n",
    "model": lambda number: f"  - {{when: {{model: model-{number}}}, reply: r, times: always}}\n",
    "last and stream": lambda number: "  - {when: {last: tool_result, stream: true}, reply: r, times: 1}\n",
    SCRIPT: lambda number: "  - {reply: r}\n",
}
COMMON = [name for name in RULES if name != "text regex"]
"""The rules that can be looked up. Regular expressions have to be run: a thousand of them are a thousand runs."""


def engine_of(contract: Contract, rule: Callable[[int], str], turns: int) -> Engine:
    """Return an engine with `turns` turns of one rule; the last turn accepts anything."""
    text = "scenario: s\nturns:\n" + "".join([rule(number) for number in range(turns - 1)])
    text += "  - {reply: the last, times: always}\n"
    script, complaints = compile_scenario(loader.parse(text.encode(), "bench").scenario, contract)
    assert not complaints, complaints[:3]
    return Engine(contract, {"s": script}, EngineSettings(scenario="s"))


def micros(work: Callable[[], object]) -> float:
    """Return the CPU microseconds of one call: the best of several rounds of many."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time()
        for _ in range(STEPS):
            work()
        best = min(best, time.thread_time() - start)
    return best / STEPS * 1e6


def request_of(messages: int) -> Request:
    """Return a messages request whose last text matches only the last rule but one."""
    history = [
        {"role": ("user", "assistant")[n % 2], "content": f"message {n} of the history"} for n in range(messages)
    ]
    history[-1]["content"] = f"please say {MANY - 2}. and no more"
    body = {"model": f"model-{MANY - 2}x", "max_tokens": 100, "messages": history}
    return Request("POST", "/v1/messages", {"x-api-key": "sk_bench"}, orjson.dumps(body))


def played_through(engine: Engine, request: Request) -> Session:
    """Return the session in which only the last turn is left."""
    session = Session("bench")
    for _ in range(len(engine.scripts["s"].turns)):
        session = engine.step(session, request, 0.0)[0]
    return session


def stepping(engine: Engine, request: Request, session: Session) -> Callable[[], object]:
    """Return a function that makes one step, from the same session every time."""
    return lambda: engine.step(session, request, 0.0)


def few_and_many(contract: Contract, name: str) -> tuple[float, float]:
    """Return the microseconds of a step with ten turns of one rule, and with a thousand."""
    request = request_of(1)
    times = []
    for turns in (FEW, MANY):
        engine = engine_of(contract, RULES[name], turns)
        session = played_through(engine, request) if name == SCRIPT else Session("bench")
        times.append(micros(stepping(engine, request, session)))
    return times[0], times[1]


def measure() -> Figures:
    """Time regular expressions, the rule that cannot be looked up."""
    few, many = few_and_many(load_contract(), "text regex")
    return {"matching.regex": Figure(many, few, many / few)}


def detail() -> Report:
    """Time each rule with a thousand turns beside ten, then a long history."""
    contract = load_contract()
    rows, limits = [], []
    for name in RULES:
        few, many = few_and_many(contract, name)
        rows.append(Row(f"1,000 turns, {name}", "us/step", many, few, many / few, "10 turns"))
        if name in COMMON:
            limits.append(Limit(f"1,000: {name}", "x ten turns", many / few, 2.0))
    long = request_of(199)
    operation, _ = contract.find("POST", "/v1/messages")
    whole = micros(stepping(Engine(contract, {}, EngineSettings()), long, Session("bench")))
    beyond = whole - micros(lambda: read_body(operation, long.body))
    rows.append(Row("199 messages, beyond reading them", "us/step", beyond))
    limits.append(Limit("199 messages", "us", beyond, 150.0))
    return Report(rows, limits)
