"""No secret appears in full in anything that the mock writes or keeps: errors, logs, reprs, journal, Redis.

The tests send keys, passwords and tokens everywhere to a gateway whose loggers log everything, then search all output
and everything kept for them. (One exception is out of reach: uvicorn's own TRACE level logs paths and queries, so it
shows a key that a client puts into a URL.)
"""

import asyncio
import http.client
import logging
import socket
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec
import orjson
import pytest
from pydantic import ValidationError
from redis.asyncio import Redis as RedisClient

from mockserver.accounts import handlers
from mockserver.accounts.identify import Accounts
from mockserver.accounts.keys import Credential
from mockserver.accounts.schema import AccountsFile
from mockserver.accounts.session import Session
from mockserver.core.errors import AuthorError
from mockserver.engine.arrival import Arrival
from mockserver.engine.decision import Decision
from mockserver.engine.prepared_turn import PreparedAnswer
from mockserver.engine.request import Request, handler_request, outline
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.accounts_file import load_accounts
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import Store
from mockserver.server.stores.redis import RedisStore
from mockserver.server.uvicorn import bind, running, threaded, url_of
from tests.support.bank import BALANCE, CHAT, LOGIN, LOGOUT, ME, MESSAGES, REFRESH, accounts_of
from tests.support.engine import contract, turns
from tests.support.redis_server import RedisServer

KEY, OTHER, REFUSED = "sk_live_0123456789abcdef", "sk_next_0123456789abcdef", "sk-ant-0123456789abcdef"
PASSWORD, WRONG = "correct-horse-battery", "staple-horse-battery"
ACCOUNTS = f"""
accounts:
  - {{keys: [{KEY}, {OTHER}], user: {{email: jo@example.com, password: {PASSWORD}}}, plan: pro, credits: 4}}
unknown_keys: refuse
"""
PLAYED = turns(
    "  - {when: {text: nothing}, reply: never}\n"
    "  - {when: {model: m}, reply: hi, usage: {input: 1000, output: 1000}, times: always}\n"
)


def ask(url: str, method: str, path: str, headers: Mapping[str, str], body: object = None) -> bytes:
    """Send one request over a real socket; return head and body."""
    raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, raw, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        return repr(answer.getheaders()).encode() + answer.read()
    finally:
        connection.close()


def drive(url: str) -> tuple[list[str], list[bytes]]:
    """Send requests with secrets everywhere. Return the secrets, and every answer except those to a login."""
    answers: list[bytes] = []

    def say(headers: Mapping[str, str], path: str = MESSAGES, text: str = "Hello", **fields: object) -> None:
        body = {"model": "m", "max_tokens": 1000, "messages": [{"role": "user", "content": text}], **fields}
        answers.append(ask(url, "POST", path, headers, body))

    login = ask(url, "POST", LOGIN, {}, {"email": "jo@example.com", "password": PASSWORD})
    issued = orjson.loads(login[login.index(b"{") :])
    access, refresh = str(issued["access_token"]), str(issued["refresh_token"])
    bearer = {"authorization": f"Bearer {access}"}
    answers.append(ask(url, "POST", LOGIN, {}, {"email": "jo@example.com", "password": WRONG}))
    answers.append(ask(url, "POST", LOGIN, {}, f'{{"email": "jo@example.com", "password": "{WRONG}"'.encode()))
    answers.append(ask(url, "GET", ME, bearer))
    for key in (KEY, OTHER, REFUSED, "sk_none_0123456789abcdef", access, refresh, access + "x", access[:-9]):
        for headers in ({"x-api-key": key}, {"authorization": f"Bearer {key}"}, {"authorization": f"Basic {key}"}):
            say(headers)
            say(headers, CHAT, model="other")
            say({**headers, "x-copy": key, "user-agent": f"agent/{key}"}, text=f"My key is {key}.", model="other")
        answers.append(ask(url, "GET", f"/v1/{key}?key={key}", {"x-api-key": key}))
        answers.append(ask(url, "GET", BALANCE, {"x-api-key": key}))
    say({"x-api-key": OTHER, "authorization": f"Bearer {KEY}"}, text=f"My keys are {KEY} and {OTHER}.")
    ask(url, "POST", REFRESH, {}, {"refresh_token": refresh})
    answers.append(ask(url, "POST", LOGOUT, bearer))
    answers.append(ask(url, "POST", REFRESH, {"authorization": f"Bearer {refresh}"}))
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as broken:  # what no parser takes
        broken.sendall(f"GET / HTTP/1.1\r\nx-api-key {KEY}\r\n\r\n".encode())
        while broken.recv(4096):
            pass
    return [KEY, OTHER, REFUSED, PASSWORD, WRONG, access, refresh], answers


def drive_blindly(url: str) -> list[bytes]:
    """Send requests to a gateway that fails at everything; return its answers."""
    login = {"email": "jo@example.com", "password": PASSWORD}
    bodies = [(path, key, {"text": f"My key is {key}."}) for path in (MESSAGES, CHAT) for key in (KEY, OTHER, REFUSED)]
    bodies += [(LOGIN, key, login) for key in (KEY, OTHER, REFUSED)]
    return [ask(url, "POST", path, {"x-api-key": key}, body) for path, key, body in bodies]


class Failing(Engine):
    """An engine with a bug whose error has the request and the accounts."""

    def answer(self, session: Session, arrival: Arrival, now: float) -> tuple[Session, Decision | PreparedAnswer]:
        """Raise an error, which no engine may do."""
        raise LookupError(f"no idea what to do with {arrival.request!r} of {self.accounts!r}")


def gateway(store: Store | None = None, engine: type[Engine] = Engine) -> Gateway:
    made = engine(contract(), {"test": PLAYED}, EngineSettings(scenario="test"), Accounts(accounts_of(ACCOUNTS)))
    return Gateway(made, store=store)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
def loud(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Make every logger log everything."""
    names = ["", "mockserver", "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio", "redis"]
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(caplog.at_level(logging.DEBUG, name))
        yield caplog


def found_in(secrets: list[str], text: str) -> list[str]:
    return [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("engine", [Engine, Failing])
def test_nothing_that_is_said_or_kept_has_a_secret(loud: pytest.LogCaptureFixture, engine: type[Engine]) -> None:
    app = gateway()
    with running(app) as url:
        issued, _ = drive(url)
        app.engine = gateway(engine=engine).engine
        issued_again, answers = drive(url) if engine is Engine else (issued, drive_blindly(url))
    secrets = [*issued, *issued_again]
    assert len(app.journal) > 80
    assert bool(app.failures) is (engine is Failing)
    for place, text in {
        "answers": b"".join(answers).decode("latin-1"),
        "journal": repr(list(app.journal)),
        "log": loud.text,
        "failures": repr(app.failures),
        "sessions": repr(vars(app.store)),
    }.items():
        assert text
        assert found_in(secrets, text) == [], place


@pytest.mark.process
def test_redis_holds_no_secret(redis: RedisServer) -> None:
    async def stored() -> str:
        client = RedisClient.from_url(redis.url)
        kept = {name: await client.get(name) async for name in client.scan_iter("*")}
        await client.aclose()
        assert len(kept) == 2, "the account's session and the anonymous one; who is refused makes none"
        return repr(kept)

    store = RedisStore(redis.url, Session)
    with bind("127.0.0.1", 0) as sock, threaded(gateway(store), sock) as loop:
        secrets, _ = drive(url_of(sock))
        asyncio.run_coroutine_threadsafe(store.aclose(), loop).result(30)
    assert found_in(secrets, asyncio.run(stored())) == []


def test_what_holds_a_secret_does_not_show_it() -> None:
    file = accounts_of(ACCOUNTS)
    accounts, operation = Accounts(file), contract().find("POST", LOGIN)[0]
    request = Request("POST", LOGIN, {"x-api-key": KEY}, PASSWORD.encode())
    holder = accounts.holder_of_key(KEY)
    asked = handlers.AccountRequest(
        accounts=accounts,
        holder=holder,
        session=Session("a"),
        script=None,
        headers=request.headers,
        body=request.body,
        form={"password": PASSWORD},
        now=0.0,
    )
    call = msgspec.structs.replace(outline(operation, request), body={"password": PASSWORD})
    things = (
        file,
        *file.accounts,
        accounts,
        vars(accounts),
        holder,
        request,
        call,
        handler_request(request, {}),
        asked,
    )
    for thing in (*things, Credential(KEY)):
        assert found_in([KEY, OTHER, PASSWORD], f"{thing!r} {thing}") == [], type(thing)


@pytest.mark.parametrize(
    ("account", "message"),
    [
        (f"{{keys: {KEY}}}", "accounts[0].keys: expected a list, not text"),
        ("{key: 12345678901}", "accounts[0].key: expected text, not a number; quote it"),
        ("{user: {email: a, password: 12345678901}}", "password: expected text, not a number; quote it"),
        (f"{{key: {KEY}}}, {{key: {KEY}}}", "two accounts have the same key"),
        (f"{{key: sk-ant-{KEY}}}", "sk-ant- keys are refused"),
        (f"{{key: {KEY}, credits: -1}}", "a number of credits"),
        (f"{{key: {KEY}, plan: gold}}", "unknown value 'gold'"),
    ],
)
def test_the_message_about_a_mistake_in_a_file_has_no_secret(account: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(f"accounts: [{account}]", encoding="utf-8")
    with pytest.raises(AuthorError) as caught:
        load_accounts(file)
    trace = "".join(traceback.format_exception(caught.value))
    assert message in trace
    assert found_in([KEY, "12345678901"], trace) == []


@pytest.mark.parametrize(
    "accounts",
    [
        "{SECRET}: {{plan: pro}}",
        "{{key: a_key, plan: {SECRET}}}",
        "{{key: a_key, models: {SECRET}}}",
        "{{key: *{SECRET}}}",
        "{{key: a_key, {SECRET}: 1}}",
        "{SECRET}",
        "{{key: a_key, prices: {{m: {SECRET}}}}}",
        "{{key: a_key, credits: {SECRET}}}",
    ],
)
def test_a_key_in_the_wrong_place_of_a_file_is_not_told(accounts: str, tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text("accounts:\n  - " + accounts.format(SECRET=KEY) + "\n")
    with pytest.raises(AuthorError) as wrong:
        load_accounts(file)
    assert KEY not in str(wrong.value)
    assert "accounts.yaml:2:" in str(wrong.value)
    assert wrong.value.__cause__ is None


def test_a_model_that_is_made_without_a_file_says_nothing_either() -> None:
    with pytest.raises(ValidationError) as caught:
        AccountsFile.model_validate({"accounts": [{"key": KEY, "keys": PASSWORD}]})
    assert found_in([KEY, PASSWORD], "".join(traceback.format_exception(caught.value))) == []
