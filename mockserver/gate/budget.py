"""What a run may cost, counted before anything is sent.

A request counts as what it can cost at most: its own bytes (no tokenizer makes more tokens than bytes) and the whole
of its max_tokens. A request that could exceed the budget is not sent. Invalid requests count in the same way: a target
that does not reject them would charge for them.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from mockserver.contracts.client import NotExaminable, Sender
from mockserver.contracts.exchange import ReceivedResponse, SentRequest, count_of, dig

ASSUMED_ANSWER = 4096
"""Tokens of an answer to a request without max_tokens: the documented default (D0, D1)."""

LONGEST_ANSWER = 10**9
"""No gateway writes more tokens, whatever a robustness probe asks for."""


@dataclass(frozen=True)
class BudgetLimits:
    """The most that a run may send. None means no limit; `rate` is in requests per second."""

    requests: int | None = None
    tokens: int | None = None
    rate: float | None = None

    def __str__(self) -> str:
        if self.requests is None:
            return "no limit"
        return f"at most {self.requests} requests and {self.tokens:,} tokens, {self.rate:g} a second"


@dataclass
class Spent:
    """What a run has sent."""

    requests: int = 0
    tokens: int = 0


def cost_of(request: SentRequest) -> int:
    """Return the tokens that a request can cost at most. Only a POST to a model costs any."""
    if request.method != "POST" or request.body is None or not request.path.endswith(("/messages", "/completions")):
        return 0
    if not isinstance(dig(request.json, "messages"), list):
        return len(request.body)  # no model can answer this
    limits = [count_of(dig(request.json, name)) for name in ("max_tokens", "max_completion_tokens")]
    stated = [limit for limit in limits if limit is not None]
    longest = min(max(0, *stated), LONGEST_ANSWER) if stated else ASSUMED_ANSWER
    return len(request.body) + longest


class Budget:
    """A sender that never exceeds its budget."""

    def __init__(
        self,
        send: Sender,
        budget: BudgetLimits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._send, self._budget = send, budget
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self.spent = Spent()

    def __call__(self, request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        """Count a request, then send it. Raises `NotExaminable` if it could exceed the budget."""
        self.admit(cost_of(request))
        return self._send(request, pieces=pieces)

    def admit(self, cost: int = 0, requests: int = 1) -> None:
        """Count requests, then wait for the rate. Raises `NotExaminable` if they could exceed the budget."""
        with self._lock:
            most, spent = self._budget, self.spent
            if most.requests is not None and spent.requests + requests > most.requests:
                raise NotExaminable(f"the budget of {most.requests} requests is used up")
            if most.tokens is not None and spent.tokens + cost > most.tokens:
                raise NotExaminable(
                    f"a request may cost {cost} tokens, but the budget has only {most.tokens - spent.tokens} left"
                )
            spent.requests += requests
            spent.tokens += cost
            wait = self._turn()
        if wait > 0:
            self._sleep(wait)

    def _turn(self) -> float:
        """Return the seconds until the rate allows this request."""
        if not self._budget.rate:
            return 0.0
        now = self._clock()
        turn = max(self._next, now)
        self._next = turn + 1 / self._budget.rate
        return turn - now
