"""Hypothesis strategies: conditions, requests and scenarios, drawn from few words so that they often match."""

from typing import Any

import orjson
import yaml
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.engine.request import Request
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.schema import Scenario
from mockserver.scenarios.script import Script
from mockserver.scenarios.when import MATCHERS, NESTED, When
from tests.support.engine import BYOK, CHAT, MESSAGES, contract

Json = dict[str, Any]

WORDS = st.sampled_from(
    ["a", "b", "A", "ab", "", "Straße", "STRASSE", "ſ", "s", "weather", "The WEATHER in Oslo", "eathe"]
)
STATES = st.sampled_from(["start", "asked"])
NAMES = st.sampled_from(["messages", "chat", "chat_byok", "models", "count_tokens"])
MODELS = st.sampled_from(["a", "A", "ab", "mock", "Straße", "STRASSE"])
LAST = st.sampled_from(["user", "assistant", "tool_result"])

TEXT_TESTS = st.one_of(
    WORDS,
    st.fixed_dictionaries({"equals": WORDS}, optional={"ignore_case": st.booleans(), "contains": WORDS}),
    st.fixed_dictionaries({"contains": WORDS}, optional={"ignore_case": st.booleans()}),
    st.fixed_dictionaries({"regex": st.sampled_from(["^a", "b$", ".", "(?i)A"])}),
)
COUNTS = st.one_of(
    st.integers(0, 3),
    st.fixed_dictionaries({"at_least": st.integers(0, 3)}, optional={"at_most": st.integers(3, 6)}),
)
RESULTS = st.fixed_dictionaries(
    {},
    optional={"id": st.sampled_from(["c0", "c1"]), "name": WORDS, "text": TEXT_TESTS, "is_error": st.booleans()},
)
_OWN: dict[str, st.SearchStrategy[Any]] = {
    "operation": st.one_of(NAMES, st.lists(NAMES, min_size=1, max_size=2)),
    "wire": st.sampled_from(["anthropic", "openai"]),
    "model": st.one_of(MODELS, st.sampled_from(["*", "a*", "?"]), st.lists(MODELS, min_size=1, max_size=2)),
    "stream": st.booleans(),
    "last": LAST,
    "text": TEXT_TESTS,
    "tools": st.lists(st.sampled_from(["read", "write"]), max_size=2),
    "path": st.sampled_from(["/v1/*", "*/chat/*", "/V1/MESSAGES"]),
    "system": TEXT_TESTS,
    "tool_choice": st.sampled_from(["auto", "none", "required", "read"]),
    "tool_result": RESULTS,
    "assistant_turns": COUNTS,
    "headers": st.dictionaries(st.sampled_from(["X-A", "x-b"]), TEXT_TESTS, max_size=2),
    "key": st.sampled_from(["sk_test", "sk_other"]),
    "body": st.dictionaries(
        st.sampled_from(["", "/model", "/messages/0", "/messages/0/role", "/n", "/messages/-"]),
        st.sampled_from(["a", "user", None, 1, True, [True], {"a": 0}]),
        max_size=2,
    ),
    "body_schema": st.sampled_from([{}, {"required": ["n"]}, {"properties": {"n": {"type": "integer"}}}]),
    "state": STATES,
    "response_format": st.sampled_from(
        ["text", "json_object", "json_schema", {}, {"title": "a"}, {"type": "object"}, {"properties": {"a": {}}}]
    ),
}
"""Strategies for the values of keys that need more than their examples."""


def _example_values(name: str) -> list[Any]:
    return [yaml.safe_load(example.when)[name] for example in MATCHERS[name].examples]


PLAIN: dict[str, st.SearchStrategy[Any]] = {
    name: _OWN[name] if name in _OWN else st.sampled_from(_example_values(name))
    for name in MATCHERS
    if name not in NESTED
}
"""A strategy for the value of each key of `when` except `all`, `any` and `not`. The default draws from the examples."""

EXAMPLE_BODIES: list[Json] = [
    {},
    *[dict(example.body) for name in PLAIN if name not in _OWN for example in MATCHERS[name].examples],
]
"""Fields of request bodies that the examples of the other keys need."""

_SCHEMAS: list[Json] = [{"title": "a", "type": "object"}, {"properties": {"a": {"type": "string"}}}]
FORMS_ASKED: dict[bool, list[Json]] = {
    True: [{}, *[{"output_config": {"format": {"type": "json_schema", "schema": schema}}} for schema in _SCHEMAS]],
    False: [
        {},
        {"response_format": {"type": "json_object"}},
        *[
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}
            for schema in _SCHEMAS
        ],
    ],
}
"""Whether a wire is Anthropic's -> fields of a request that ask for a form of answer."""

FLAT = st.fixed_dictionaries({}, optional=PLAIN)
FEW_KEYS = st.lists(st.sampled_from(sorted(PLAIN)), max_size=3, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: PLAIN[key] for key in keys})
)


def _combined(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    some = st.lists(inner, min_size=1, max_size=3)
    parts = st.fixed_dictionaries({}, optional={"all": some, "any": some, "not": inner})
    return st.tuples(FEW_KEYS, parts).map(lambda pair: pair[0] | pair[1])


WHENS = st.recursive(st.one_of(FEW_KEYS, FLAT), _combined, max_leaves=6)
CONDITIONS = WHENS.map(When.model_validate)


@st.composite
def conversations(draw: st.DrawFn, path: str) -> list[JsonValue]:
    """Draw messages that the wire allows: user and assistant in turn, sometimes with a tool call between them."""
    messages: list[JsonValue] = [{"role": "user", "content": draw(WORDS) or "a"}]
    for number in range(draw(st.integers(0, 2))):
        id, result = f"c{number}", draw(WORDS)
        if draw(st.booleans()):
            messages += [{"role": "assistant", "content": "x"}, {"role": "user", "content": draw(WORDS) or "b"}]
        elif path == MESSAGES:
            use: JsonValue = {"type": "tool_use", "id": id, "name": "a", "input": {}}
            answer: JsonValue = {"type": "tool_result", "tool_use_id": id, "content": result}
            messages += [{"role": "assistant", "content": [use]}, {"role": "user", "content": [answer]}]
        else:
            call: JsonValue = {"id": id, "type": "function", "function": {"name": "a", "arguments": "{}"}}
            messages += [{"role": "assistant", "content": None, "tool_calls": [call]}]
            messages += [{"role": "tool", "tool_call_id": id, "content": result}]
    return messages


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw a valid request of any wire, or of an operation that takes no messages."""
    headers = {"x-api-key": draw(st.sampled_from(["sk_test", "sk_other"]))}
    headers |= draw(st.dictionaries(st.sampled_from(["x-a", "x-b"]), WORDS, max_size=2))
    path = draw(st.sampled_from([MESSAGES, CHAT, BYOK, "/v1/models", "/v1/messages/count_tokens"]))
    if path == "/v1/models":
        return Request("GET", path, headers)
    body: Json = {"model": draw(MODELS), "messages": draw(conversations(CHAT if path != MESSAGES else path))}
    if path.startswith(MESSAGES):
        body["messages"] = draw(conversations(MESSAGES))
        body |= draw(st.fixed_dictionaries({}, optional={"system": WORDS}))
    if path == MESSAGES:
        body = {"max_tokens": 100} | body | draw(st.sampled_from(EXAMPLE_BODIES))
    if path == BYOK:
        body["provider"] = "anthropic"
    body |= draw(st.sampled_from(FORMS_ASKED[path.startswith(MESSAGES)]))
    if not path.endswith("count_tokens"):
        body |= draw(st.fixed_dictionaries({}, optional={"stream": st.booleans()}))
    return Request("POST", path, headers, orjson.dumps(body))


ANSWERS: list[Json] = [
    {"reply": "hi"},
    {"reply": "{{last_user_text}} {{turn}} {{hit}} {{body/model}}"},
    {"reply": [{"tool_use": {"name": "read", "input": {"a": "{{system}}"}}}]},
    {"reply": {"json": {"a": ["{{last_user_text}}", 1, None, {"b": "{{turn}}"}]}}},
    {"reply": ["a", {"refusal": "{{system}} no"}]},
    {"reply": "one two", "pace": {"first": "1s", "rate": "5/s", "jitter": "50%"}},
    {"error": {"status": 429}},
    {"response": {"status": 204}},
    {"response": {"body": {"a": ["{{tool_result}}", 1]}}},
]
TIMES: list[int | str] = [1, 2, "always", 1]
THEN: list[Json] = [{}, {"then": "asked"}, {"then": "start"}]


@st.composite
def scenarios(draw: st.DrawFn, least: int = 1, most: int = 60) -> Json:
    """Draw a scenario as parsed YAML. It may have mistakes in its names, but not in its shape.

    Turns are picked by numbers from a few conditions: drawing sixty conditions would take hypothesis a second.
    """
    whens = draw(st.lists(WHENS, min_size=1, max_size=6))
    numbers = draw(st.lists(st.integers(0, 6 * 7 * 4 * 3 - 1), min_size=least, max_size=most))
    turns = []
    for number in numbers:
        when, rest = whens[number % 6 % len(whens)], number // 6
        turns.append({"when": when, "times": TIMES[rest // 7 % 4], **ANSWERS[rest % 7], **THEN[rest // 28]})
    return {
        "scenario": "test",
        "after": draw(st.sampled_from(["fail", "repeat", "restart", "default"])),
        "turns": turns,
    }


def compile_generated(scenario: Json) -> Script:
    """Return the script of a generated scenario, whatever is wrong with its names."""
    return compile_scenario(Scenario.model_validate(scenario), contract())[0]
