"""The engine alone, without a socket: CPU time of one `Engine.step`, and of the two parts that libraries do.

Method: the engine with the shipped contract and one scenario, as the server has it. The figure is the thread's CPU
time of a batch of steps, median of the rounds. A step begins with the bytes of the body and ends with the actions.
Decoding (orjson) and validating (jsonschema-rs) the same body are timed separately; a step contains each once.

Limits: no player, no journal, no session store. The fixed stream has the same text each time. The reply of the other
stream is the prompt, which is new each time.
"""

import gc
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import orjson

from benchmarks import requests, servers
from benchmarks.results import Report, Row, rounds
from mockserver.accounts.session import Session
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.contract import load_contract
from mockserver.files.library import load_library

HISTORY = 200
BATCH = 0.04
"""Seconds that one batch should take."""


def measure() -> Report:
    """Time a step, and decoding and validating, for small and large requests and for streams."""
    fixed, echo, streamed = (_engine(reply) for reply in (requests.REPLY, "{{last_user_text}}", requests.STREAMED))
    short, long = requests.small(), requests.history(HISTORY)
    new = [requests.small(True, f"{number} {requests.STREAMED[:-8]}") for number in range(512)]
    operation, _ = fixed.contract.find("POST", requests.PATHS["anthropic"])
    validator = operation.validator
    assert validator is not None
    parsed_short, parsed_long = orjson.loads(short), orjson.loads(long)
    tasks: dict[str, Callable[[int], object]] = {
        "Engine.step, small request": _step(fixed, "anthropic", [short]),
        "  of which decoding": lambda _: orjson.loads(short),
        "  of which validating": lambda _: validator.validate(parsed_short),
        f"Engine.step, {HISTORY} messages": _step(fixed, "anthropic", [long]),
        f"  of which decoding {len(long) // 1024} KB": lambda _: orjson.loads(long),
        "  of which validating them": lambda _: validator.validate(parsed_long),
    }
    for wire in requests.PATHS:
        tasks[f"Engine.step, {wire} stream"] = _step(streamed, wire, [requests.small(stream=True)])
        tasks[f"  {wire}, each time a new text"] = _step(echo, wire, new)
    costs = rounds({what: _timed(task) for what, task in tasks.items()})
    return Report([Row(what, "CPU us/step", median(times)) for what, times in costs.items()])


def _engine(reply: str) -> Engine:
    contract = load_contract()
    with servers.workplace() as place:
        library = load_library(contract, str(Path(place.scenario(reply))))
    return Engine(contract, library.scripts, EngineSettings(scenario=library.playing))


def _step(engine: Engine, wire: str, bodies: list[bytes]) -> Callable[[int], object]:
    """Return a function that steps one session, with these bodies in turn. Raises if an answer is not 200."""
    headers = {"host": "127.0.0.1", "content-type": "application/json", "x-api-key": "sk_bench"}
    sent = [Request("POST", requests.PATHS[wire], headers, body) for body in bodies]
    session = Session("bench")

    def step(number: int) -> object:
        nonlocal session
        session, decision = engine.step(session, sent[number % len(sent)], 1_767_225_600.0)
        return decision

    decision = engine.step(session, sent[0], 0.0)[1]
    if decision.note.turn != 1:
        raise servers.BenchmarkError(f"the engine refused a request: {decision.note.code}")
    return step


def _timed(task: Callable[[int], object]) -> Callable[[], float]:
    """Return a function that runs a batch and returns the CPU time of one run, in microseconds."""
    begun = time.perf_counter()
    for number in range(20):
        task(number)
    batch = max(20, int(20 * BATCH / (time.perf_counter() - begun)))

    def measured() -> float:
        gc.collect()
        before = time.thread_time_ns()
        for number in range(batch):
            task(number)
        return (time.thread_time_ns() - before) / batch / 1_000

    return measured
