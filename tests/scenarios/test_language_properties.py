"""Any file and any request: a typed error of the project or an answer, never a failure of the mock."""

from typing import Any

import orjson
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.accounts.session import Session, start_clock
from mockserver.core.clock import FixedClock
from mockserver.core.conversation import Conversation
from mockserver.core.errors import AuthorError
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files import loader
from mockserver.files.dry_run import dry_run
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.schema import Scenario, Turn
from mockserver.scenarios.script import Script, fill
from mockserver.scenarios.templates import TemplateContext, parse
from mockserver.scenarios.when import When
from mockserver.server.asgi import Gateway
from mockserver.server.stores.memory import MemoryStore
from tests.support.asgi import Client, VirtualTimer, body, scope, serve
from tests.support.engine import CHAT, HELLO, MESSAGES, NOW, contract
from tests.support.properties import examples
from tests.support.strategies import ANSWERS, WHENS, Json, requests, scenarios

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=10),
    st.sampled_from(["always", "{{turn}}", "{{nothing}}", "messages", "(", "/a", "a/b", "start", "300ms", "10%"]),
)
KEYS = st.one_of(
    st.sampled_from([*Scenario.model_fields, *Turn.model_fields, *When.model_fields, "not", "status", "text", "name"]),
    st.text(max_size=5),
    st.integers(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def ready(text: str) -> Script | None:
    """Return the script of a file, or None if it is refused with problems that have a place in the file."""
    try:
        loaded = loader.parse(text.encode("utf-8", "surrogatepass"), "test.yaml")
        script, problems = compile_scenario(loaded.scenario, contract())
        problems = problems or dry_run(script, contract())
        if problems:
            raise AuthorError([loaded.problem(path, message) for path, message in problems])
    except AuthorError as error:
        lines = text.count("\n") + 2
        assert error.problems
        assert all(problem.file == "test.yaml" and 1 <= problem.line <= lines for problem in error.problems)
        assert all(problem.column >= 1 and problem.message for problem in error.problems)
        return None
    return script


def dumped(value: object) -> str:
    return yaml.safe_dump(value, allow_unicode=True)


def play(script: Script, sent: list[Request]) -> None:
    """Send the requests one after another, and check that no answer is a failure of the mock."""
    engine, session = Engine(contract(), {script.name: script}, EngineSettings(scenario=script.name)), Session("test")
    for request in sent:
        session, decision = engine.step(session, request, NOW)
        assert decision.note.code != "mock_error"
        assert decision.actions


HELLOS = [
    Request("POST", path, {"x-api-key": "sk_test"}, orjson.dumps({"model": "m", "max_tokens": 99, "messages": HELLO}))
    for path in (MESSAGES, CHAT)
]
SENT = [*HELLOS, Request("GET", "/v1/models", {"x-api-key": "sk_test"})]


@given(value=VALUES)
def test_any_value_as_a_file_is_refused_or_played(value: object) -> None:
    script = ready(dumped(value))
    if script is not None:
        play(script, SENT)


@given(extra=st.dictionaries(KEYS, VALUES, max_size=3))
def test_any_keys_beside_a_good_scenario_are_refused_or_played(extra: dict[object, object]) -> None:
    script = ready(dumped({"scenario": "test", "turns": [{"reply": "x", "times": "always"}]} | extra))
    if script is not None:
        play(script, SENT)


@given(turn=st.dictionaries(st.sampled_from(sorted(Turn.model_fields)), VALUES, max_size=4))
def test_any_turn_is_refused_or_played(turn: Json) -> None:
    script = ready(dumped({"scenario": "test", "turns": [{"reply": "x"} | turn]}))
    if script is not None:
        play(script, SENT)


@given(when=st.dictionaries(st.sampled_from([*sorted(When.model_fields), "not"]), VALUES, max_size=3), other=WHENS)
def test_any_condition_is_refused_or_played(when: Json, other: Json) -> None:
    script = ready(dumped({"scenario": "test", "turns": [{"when": when, "reply": "x"}, {"when": other, "reply": "y"}]}))
    if script is not None:
        play(script, SENT)


@given(text=st.text(alphabet=st.characters(), max_size=80))
def test_any_text_as_a_file_is_refused_or_played(text: str) -> None:
    script = ready(text)
    if script is not None:
        play(script, SENT)


@given(source=st.binary(max_size=80))
def test_any_bytes_as_a_file_are_refused_with_problems(source: bytes) -> None:
    try:
        loader.parse(source, "test.yaml")
    except AuthorError as error:
        assert error.problems


@settings(max_examples=examples(300))
@given(scenario=scenarios(most=2), sent=st.lists(requests(), min_size=1, max_size=5))
def test_any_request_is_answered_by_any_scenario(scenario: Json, sent: list[Request]) -> None:
    reached = {"when": {"text": "never said", "stream": True}, "reply": "x", "then": "asked"}
    scenario = scenario | {"turns": [reached, *scenario["turns"]]}
    script, problems = compile_scenario(Scenario.model_validate(scenario), contract())
    if not problems:
        play(script, sent)


TEMPLATES = st.lists(
    st.sampled_from(["{{", "}}", "{", "}", "turn", " ", "body/", "/", "~", "faker.", "city", "a", "\n", "now", "."]),
    max_size=10,
).map("".join)


@given(text=TEMPLATES, value=VALUES)
def test_any_template_is_filled_or_refused(text: str, value: object) -> None:
    try:
        template = parse(text)
    except ValueError as error:
        assert str(error)
        return
    scene = TemplateContext(Conversation(model="m", messages=(), body={}), {"a": "x", "": [1]}, 1, 1, NOW)
    assert isinstance(template.fill(scene), str)
    assert fill([template, {"a": template}, value], scene) is not None


@given(
    answer=st.sampled_from(ANSWERS),
    messages=st.one_of(st.lists(st.dictionaries(st.sampled_from(["role", "content", "x"]), VALUES)), VALUES),
    fields=st.dictionaries(
        st.sampled_from(["model", "system", "tools", "tool_choice", "stream", "max_tokens", "stop", "metadata"]), VALUES
    ),
)
def test_any_body_is_answered_or_refused_in_the_dialect(answer: Json, messages: object, fields: Json) -> None:
    script = compile_scenario(
        Scenario.model_validate({"scenario": "test", "turns": [answer | {"times": "always"}]}), contract()
    )[0]
    sent = _json({"model": "m", "max_tokens": 9, "messages": messages} | fields)
    play(script, [Request("POST", path, {"x-api-key": "sk_test"}, sent) for path in (MESSAGES, CHAT)])


def _json(value: object) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a number or a character that JSON has not
        return b"{}"


HEADER_TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["x-api-key", "authorization", "x-mock-session", "x-mock-scenario", "x-mock-seed", "content-type", "origin"]
    ),
    st.one_of(HEADER_TEXT, st.sampled_from(["sk_test", "Bearer sk_test", "sk_mock_test_1", "test", "sk-ant-x"])),
)
PATHS = st.one_of(
    st.sampled_from([MESSAGES, CHAT, "/v1/models", "/v1/models/gpt-4o", "/api/oauth/roles"]),
    st.text(max_size=20).map("/".__add__),
)


@settings(max_examples=examples(200))
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "X"]),
    path=PATHS,
    headers=HEADERS,
    sent=st.binary(max_size=60),
)
def test_no_request_over_asgi_is_a_failure_of_the_mock(
    method: str, path: str, headers: dict[str, str], sent: bytes
) -> None:
    scripts = {
        "test": compile_scenario(Scenario.model_validate({"scenario": "test", "turns": [ANSWERS[1]]}), contract())[0]
    }
    store = MemoryStore("0", start_clock(0.0, virtual=True))
    app = Gateway(Engine(contract(), scripts, EngineSettings()), store=store, clock=FixedClock(), timer=VirtualTimer())
    client = serve(app, scope(method, path, headers), Client(body(sent)))
    assert client.status != 500


def test_a_long_history_is_answered() -> None:
    """Two hundred messages, with a rule for each of them."""
    turns: list[Any] = [{"when": {"text": f"message {number}"}, "reply": f"{number}"} for number in range(0, 400, 2)]
    script = compile_scenario(Scenario.model_validate({"scenario": "test", "turns": turns}), contract())[0]
    messages: list[JsonValue] = [
        {"role": "user" if number % 2 == 0 else "assistant", "content": f"message {number}"} for number in range(399)
    ]
    sent = orjson.dumps({"model": "m", "max_tokens": 9, "messages": messages})
    play(script, [Request("POST", MESSAGES, {"x-api-key": "sk_test"}, sent)])
