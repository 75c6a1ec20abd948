"""What every official SDK sees of an account, on a clock that is moved and never waited for.

Each SDK is one process that asks what it is told to (python_ask.py, node/ask.mjs). The mock, its clock and its books
are the test's: where the SDK wants to sleep, the clock is moved by so much instead.
"""

import asyncio
import json
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
import yaml

from mockserver.accounts import billing, ledger
from mockserver.accounts.identify import Accounts
from mockserver.accounts.keys import session_of
from mockserver.core.clock import FixedClock
from mockserver.engine.step import Engine, EngineSettings
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import MemoryStore
from tests.clients.roster import CLIENTS, TIME_LIMIT, Client, Program
from tests.support.bank import BALANCE, LOGIN, LOGOUT, REFRESH, accounts_of
from tests.support.engine import contract, turns

ACCOUNTS = """
accounts:
  - {key: sk_three, plan: starter, credits: 3}
  - {key: sk_slow, plan: pro, limits: {requests: 1, per: 20s}}
  - {key: sk_cut, plan: pro, credits: 1.5, overdraft: cut}
  - {user: {email: jo@example.com, password: secret}, plan: pro}
"""
ANSWER = turns("  - reply: Here you are now.\n    usage: {input: 1200, output: 800}\n    times: always")
TEXT = "Here you are now."


CUT: Mapping[str, list[object]] = {
    "anthropic-python": ["APIStatusError", 200],
    "openai-python": ["APIError", None],
    "anthropic-node": ["APIError", None],
    "openai-node": ["APIError", None],
    "vercel-anthropic": ["AI_StreamProviderError", 400],
    "vercel-openai": ["AI_StreamProviderError", 500],
    "vercel-compatible": ["AI_StreamProviderError", None],
}
"""What an error in the middle of a stream is to each SDK: its class, and the status that it makes up."""

PLAIN: list[object] = ["Object", None]
"""What it was to every provider of Vercel's before that class was made: the error of the wire as it came."""


class Sdk:
    """A client that asks, and the mock that it asks."""

    def __init__(self, client: Client, program: "subprocess.Popen[str]") -> None:
        self.client = client
        self._program = program
        self.clock, self._store, self._accounts = FixedClock(), MemoryStore(), Accounts(accounts_of(ACCOUNTS))
        engine = Engine(
            contract(), {"test": ANSWER}, EngineSettings(scenario="test", strict_models=True), self._accounts
        )
        self.gateway = Gateway(engine, store=self._store, clock=self.clock)
        self.url = ""
        self.waits: list[float] = []

    def ask(self, key: str, model: str = "qwen-7b", *, retries: int = 0, stream: bool = False) -> object:
        """Return the answer's text, or the class of the error, its status, and the text before it, if any."""
        self._say({"url": self.url, "key": key, "model": model, "retries": retries, "stream": stream})
        assert self._program.stdout is not None
        for line in self._program.stdout:
            told = json.loads(line)
            if "wait" not in told:
                return [told["error"], told["status"], told["text"]] if "error" in told else told["text"]
            self.waits.append(told["wait"])
            self.clock.advance(told["wait"])
            self._say({})
        raise AssertionError("the program ended without an answer")

    def _say(self, line: object) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps(line) + "\n")
        self._program.stdin.flush()

    def refused(self, status: int) -> list[object]:
        """Return what an error of that status is to this SDK."""
        return [self.client.errors[status], status, ""]

    @property
    def cut(self) -> list[object]:
        """What an error in the middle of a stream is to this SDK."""
        is_plain = self.client.provider and self.client.program.packages == "node-previous"
        return PLAIN if is_plain else CUT[self.client.name]

    def left(self, key: str) -> Decimal:
        """Return what the balance says over HTTP, exactly."""
        request = urllib.request.Request(self.url + BALANCE, headers={"x-api-key": key})
        with urllib.request.urlopen(request) as answer:
            return Decimal(yaml.load(answer.read(), yaml.BaseLoader)["remaining_credits"])

    def post(self, path: str, key: str = "", **body: str) -> dict[str, str]:
        """Return the JSON that a POST gives."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
        with urllib.request.urlopen(urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)) as got:
            found: dict[str, str] = json.load(got)
        return found

    def top_up(self, key: str, credits: int) -> None:
        """Credits bought."""
        holder = self._accounts.holder_of_key(key)
        bought = billing.movement(holder, self.clock.now(), lambda books: ledger.top_up(books, Decimal(credits)))
        asyncio.run(self._store.update(session_of(key), bought))


def asking(client: Client) -> Program:
    """Return the program that asks with this client's SDK."""
    return client.program._replace(file="python_ask.py" if client.program.file.endswith(".py") else "node/ask.mjs")


@pytest.fixture(scope="module", params=CLIENTS, ids=str)
def program(request: pytest.FixtureRequest) -> Iterator[tuple[Client, "subprocess.Popen[str]"]]:
    """One process for all tests of a client."""
    client: Client = request.param
    asks, sdk = asking(client), client.name.removesuffix("-python").removesuffix("-node")
    with subprocess.Popen(
        [*asks.command, sdk], env=asks.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        yield client, process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(TIME_LIMIT) == 0


@pytest.fixture
def sdk(program: tuple[Client, "subprocess.Popen[str]"]) -> Iterator[Sdk]:
    """Yield the client, with a mock of the test's own."""
    made = Sdk(*program)
    with uvicorn.running(made.gateway) as made.url:
        yield made


def test_a_key_of_another_gateway_is_refused(sdk: Sdk) -> None:
    assert sdk.ask("sk-ant-api03-x") == sdk.refused(401)


def test_a_model_that_the_plan_lacks_or_nobody_has_is_refused(sdk: Sdk) -> None:
    assert sdk.ask("sk_three", "claude-opus-4") == sdk.refused(403)
    assert sdk.ask("sk_three", "no-such-model") == sdk.refused(404)
    assert sdk.left("sk_three") == 3


@pytest.mark.parametrize("stream", [False, True])
def test_three_credits_are_two_answers_then_its_own_402_and_after_a_top_up_answers_again(
    sdk: Sdk, stream: bool
) -> None:
    seen = [[sdk.ask("sk_three", stream=stream), sdk.left("sk_three")] for _ in range(3)]
    assert seen == [[TEXT, 1], [TEXT, -1], [sdk.refused(402), -1]]
    sdk.top_up("sk_three", 5)
    assert sdk.left("sk_three") == 4
    assert [sdk.ask("sk_three", stream=stream), sdk.left("sk_three")] == [TEXT, 2]


def test_a_402_is_not_asked_again(sdk: Sdk) -> None:
    sdk.top_up("sk_three", -3)
    assert sdk.ask("sk_three", retries=2) == sdk.refused(402)
    assert sdk.waits == []
    assert len(list(sdk.gateway.journal)) == 1


def test_a_full_window_is_a_429_and_who_waits_as_long_as_told_is_served(sdk: Sdk) -> None:
    assert sdk.ask("sk_slow") == TEXT
    sdk.clock.advance(3.4)
    assert sdk.ask("sk_slow") == sdk.refused(429)
    assert sdk.ask("sk_slow", retries=2) == TEXT
    assert sdk.waits == [17]


def test_a_token_ends_after_a_day_and_with_its_login(sdk: Sdk) -> None:
    token = sdk.post(LOGIN, email="jo@example.com", password="secret")
    assert sdk.ask(token["access_token"]) == TEXT
    sdk.clock.advance(86_400)
    assert sdk.ask(token["access_token"]) == sdk.refused(401)
    fresh = sdk.post(REFRESH, refresh_token=token["refresh_token"])["access_token"]
    assert sdk.ask(fresh) == TEXT
    sdk.post(LOGOUT, fresh)
    assert sdk.ask(fresh) == sdk.refused(401)


def test_a_stream_that_is_cut_where_the_credits_end_is_an_error_after_the_text_so_far(sdk: Sdk) -> None:
    assert sdk.ask("sk_cut", stream=True) == [*sdk.cut, "Here "]
    assert sdk.left("sk_cut") == 0
    assert sdk.ask("sk_cut", stream=True) == sdk.refused(402)
