"""What the tests share: an engine on the real contract, requests in a word, answers taken apart."""

from collections.abc import Mapping, Sequence
from functools import cache

import orjson
from pydantic import JsonValue

from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, Head
from mockserver.engine.decision import Decision
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import loader
from mockserver.files.contract import extension_names, load_contract
from mockserver.openapi.contract import Contract
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.script import Script
from mockserver.wires import WIRES
from mockserver.wires.sse import split

NOW = 1_767_225_600.0
KEY = {"x-api-key": "sk_test"}
HELLO: list[JsonValue] = [{"role": "user", "content": "Hello"}]

MESSAGES = "/v1/messages"
CHAT = "/api/v1/chat/completions"
BYOK = "/v1/chat/completions"


@cache
def contract() -> Contract:
    """Return the contract, compiled once."""
    return load_contract()


@cache
def extended() -> Contract:
    """Return the contract with every extension, compiled once."""
    return load_contract(extension_names())


def script(text: str) -> Script:
    """Return a compiled scenario from YAML, which must have no mistakes."""
    compiled, complaints = compile_scenario(loader.parse(text.encode(), "test.yaml").scenario, contract())
    assert complaints == []
    return compiled


def turns(text: str) -> Script:
    """Return a scenario of these turns."""
    return script("scenario: test\nturns:\n" + text)


class Talk:
    """A session with an engine: every call is one step."""

    def __init__(
        self,
        played: Script | None = None,
        *,
        seed: str = "0",
        others: Sequence[Script] = (),
        settings: EngineSettings | None = None,
        served: Contract | None = None,
    ) -> None:
        scripts = {one.name: one for one in ([*others, played] if played is not None else others)}
        self.engine = Engine(served or contract(), {}, settings or EngineSettings()).with_scripts(
            scripts, played.name if played is not None else None
        )
        self.session = Session("test", seed)
        self.now = NOW

    def send(self, request: Request) -> "Answer":
        """One step."""
        self.session, decision = self.engine.step(self.session, request, self.now)
        return Answer(decision)

    def post(self, path: str, body: Mapping[str, JsonValue] | bytes, headers: Mapping[str, str] = KEY) -> "Answer":
        """POST a body as it is."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.send(Request("POST", path, headers, raw))

    def get(self, path: str, headers: Mapping[str, str] = KEY) -> "Answer":
        """GET a path."""
        return self.send(Request("GET", path, headers))

    def say(self, path: str = MESSAGES, messages: JsonValue = None, **fields: JsonValue) -> "Answer":
        """Send a valid request with these fields in addition to the required ones."""
        body: dict[str, JsonValue] = {"model": "test-model", "messages": HELLO if messages is None else messages}
        if path == MESSAGES:
            body["max_tokens"] = 1000
        if path == BYOK:
            body["provider"] = "anthropic"
        return self.post(path, body | fields, {"authorization": "Bearer sk_test"})


class Answer:
    """A decision, taken apart."""

    def __init__(self, decision: Decision) -> None:
        self.note = decision.note
        self.actions: Actions = decision.actions
        head = next(action for action in decision.actions if isinstance(action, Head))
        self.status = head.status
        self.headers = dict(head.headers)
        self.frames = [action for action in decision.actions if isinstance(action, Data)]
        self.payload = b"".join([frame.payload for frame in self.frames])

    @property
    def json(self) -> dict[str, JsonValue]:
        """The body of a whole answer."""
        found = orjson.loads(self.payload)
        assert isinstance(found, dict)
        return found

    def at(self, *path: str) -> JsonValue:
        """Return the value at a path of the body."""
        found: JsonValue = self.json
        for name in path:
            assert isinstance(found, dict)
            found = found[name]
        return found

    @property
    def events(self) -> list[dict[str, JsonValue]]:
        """The JSON of every event of a stream but [DONE]."""
        return [orjson.loads(split(frame.payload)[1]) for frame in self.frames if frame.event != "done"]

    @property
    def text(self) -> str:
        """The text of a whole answer of either wire."""
        body = orjson.loads(self.payload)
        if "choices" in body:
            return str(body["choices"][0]["message"]["content"] or "")
        return "".join([block["text"] for block in body["content"] if block["type"] == "text"])

    @property
    def refusal(self) -> str:
        """The words of a refusal in a whole answer of either wire, or ""."""
        body = orjson.loads(self.payload)
        if "choices" in body:
            return body["choices"][0]["message"]["refusal"] or ""
        return self.text if body["stop_reason"] == "refusal" else ""

    @property
    def thinking(self) -> str:
        """The thinking of an answer of either wire, whole or streamed."""
        pieces: list[str] = []
        for wire in WIRES.values():
            if self.headers["content-type"].startswith("text/event-stream"):
                pieces += [piece for event in self.events for piece in wire.reader.thinking_deltas(event)]
            else:
                pieces += wire.reader.thinking(self.json)
        return "".join(pieces)

    @property
    def calls(self) -> list[str]:
        """The tool calls of a whole answer of either wire, each as its name and its arguments."""
        body = orjson.loads(self.payload)
        if "choices" in body:
            calls = body["choices"][0]["message"].get("tool_calls", [])
            return [call["function"]["name"] + call["function"]["arguments"] for call in calls]
        uses = [block for block in body["content"] if block["type"] == "tool_use"]
        return [use["name"] + orjson.dumps(use["input"]).decode() for use in uses]
