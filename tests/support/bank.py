"""What the tests of accounts share: a gateway in one object, with a clock that is moved by hand."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import orjson
import yaml
from pydantic import JsonValue

from mockserver.accounts import billing, ledger
from mockserver.accounts.identify import Accounts
from mockserver.accounts.keys import session_of
from mockserver.accounts.schema import AccountsFile
from mockserver.accounts.session import Session
from mockserver.core.actions import Data
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import accounts_file, yaml_reader
from mockserver.scenarios.script import Script
from tests.support.engine import BYOK, CHAT, HELLO, MESSAGES, NOW, Answer, contract, script

BALANCE = "/api/v1/public/credits/balance"
LOGIN, REFRESH = "/api/v1/auth/login", "/api/v1/auth/refresh"
ME, LOGOUT = "/api/v1/auth/me", "/api/v1/auth/logout"
MANAGED = "/api/v1/managed/chat/completions"
PUBLIC = "/api/v1/public/chat/completions"
CONVERSATIONS = sorted({operation.path for operation in contract().operations if operation.is_conversation})

TWO = script("""
scenario: two
turns:
  - reply: hello
    usage: {input: 1200, output: 800}
    times: always
""")
RUN_OUT = script("""
scenario: run-out
account: {plan: starter, credits: 3}
turns:
  - reply: hello
    usage: {input: 1200, output: 800}
    times: always
""")
THREE_CREDITS = "accounts: [{key: sk_three, plan: starter, credits: 3}]"


def accounts_of(text: str) -> AccountsFile:
    """Return an accounts file in YAML."""
    return accounts_file.accounts_of(yaml_reader.read(text.encode(), "accounts"))


class Bank:
    """A gateway with accounts: every call is one step in the session that the engine names."""

    def __init__(
        self,
        accounts: str | None = None,
        *,
        scripts: Sequence[Script] = (),
        strict_keys: bool = False,
        settings: EngineSettings | None = None,
    ) -> None:
        file = accounts_of(accounts) if accounts is not None else None
        self.accounts = Accounts(file, strict_keys=strict_keys)
        if settings is None:
            settings = EngineSettings(scenario=scripts[0].name if scripts else None)
        self.engine = Engine(contract(), {one.name: one for one in scripts}, settings, self.accounts)
        self.sessions: dict[str, Session] = {}
        self.now = NOW

    def send(self, request: Request, *, frames: int | None = None, settle: bool = True) -> Answer:
        """Take one step, and deliver its answer whole or up to this many frames."""
        id = self.engine.arrive(request).session_id
        before = self.sessions.get(id or "", Session(id or "none"))
        after, decision = self.engine.step(before, request, self.now)
        if settle:
            size = sum(isinstance(action, Data) for action in decision.actions)
            count = size if frames is None else frames
            after = self.engine.settle(after, decision, count, count == size)
        if id is not None and after is not before:
            self.sessions[id] = after
        return Answer(decision)

    def post(self, path: str, body: Mapping[str, JsonValue] | bytes, key: str | None = None, **headers: str) -> Answer:
        """POST, with a key as Bearer."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.send(Request("POST", path, {**_bearer(key), **_named(headers)}, raw))

    def get(self, path: str, key: str | None = None, **headers: str) -> Answer:
        """GET, with a key as Bearer."""
        return self.send(Request("GET", path, {**_bearer(key), **_named(headers)}))

    def say(
        self,
        key: str | None,
        path: str = MESSAGES,
        *,
        frames: int | None = None,
        settle: bool = True,
        **fields: JsonValue,
    ) -> Answer:
        """Send a valid request."""
        body: dict[str, JsonValue] = {"model": "test-model", "messages": HELLO}
        if path == MESSAGES:
            body["max_tokens"] = 1000
        if path == BYOK:
            body["provider"] = "anthropic"
        request = Request("POST", path, _bearer(key), orjson.dumps(body | fields))
        return self.send(request, frames=frames, settle=settle)

    def left(self, key: str) -> Decimal:
        """Return the credits left by the balance, read exactly."""
        answer = self.get(BALANCE, key)
        assert answer.status == 200, answer.json
        found = yaml.load(answer.payload, yaml.BaseLoader)["remaining_credits"]
        return Decimal(found)

    def log_in(self, email: str = "jo@example.com", password: str = "secret") -> dict[str, str]:
        """Return the tokens of a login."""
        answer = self.post(LOGIN, {"email": email, "password": password})
        assert answer.status == 200, answer.json
        return {name: str(value) for name, value in answer.json.items()}

    def move(self, key: str, move: Callable[[ledger.Ledger], ledger.Ledger]) -> None:
        """Change the balance as the operator."""
        settings = self.engine.settings
        script = self.engine.scripts[settings.scenario] if settings.scenario is not None else None
        holder = self.accounts.holder_of_key(key, script)
        id = session_of(key)
        self.sessions[id], _ = billing.movement(holder, self.now, move)(self.sessions.get(id, Session(id)))


def _bearer(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key is not None else {}


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


__all__ = [
    "BALANCE",
    "BYOK",
    "CHAT",
    "CONVERSATIONS",
    "LOGIN",
    "LOGOUT",
    "MANAGED",
    "ME",
    "MESSAGES",
    "NOW",
    "PUBLIC",
    "REFRESH",
    "RUN_OUT",
    "THREE_CREDITS",
    "TWO",
    "Bank",
    "accounts_of",
]
