"""Where the documents contradict each other on what is asked and answered: every ruling acted out in a few lines.

The topics are the rows of the ruling table in the gateway's notes; each has one test, here or in
`test_rulings_of_errors`, or a row in `LATER`.
"""

import pytest
from pydantic import JsonValue

from mockserver.engine.settings import EngineSettings
from tests.engine.test_rulings_of_errors import RULINGS as OF_ERRORS
from tests.support.dialects import DIALECTS, Json
from tests.support.engine import BYOK, CHAT, HELLO, KEY, MESSAGES, Talk
from tests.support.rulings import D0, D3, LATER, MANAGED, Rulings, play

ANTHROPIC, OPENAI = DIALECTS
BEARER = {"authorization": "Bearer sk_test"}
RULINGS = ruling = Rulings()


def asked(path: str, headers: dict[str, str], **fields: JsonValue) -> int:
    """Return the status of a request with exactly these headers."""
    body: dict[str, JsonValue] = {"model": "m", "messages": HELLO, "max_tokens": 9, "provider": "anthropic"}
    return Talk().post(path, body | fields, headers).status


@ruling("key format")
def _key_format() -> None:
    refused = [{"x-api-key": "sk-ant-x"}, {"authorization": "Bearer sk-ant-x"}]
    assert [asked(path, headers) for path in (MESSAGES, CHAT, BYOK, D3) for headers in refused] == [401] * 8
    assert [asked(MESSAGES, {"x-api-key": key}) for key in ("sk_a", "ak_a", "anything")] == [200] * 3
    played = play("  - {when: {key: {regex: ^ak_}}, reply: old}\n  - {reply: new}\n")
    assert (
        played.post(MESSAGES, {"model": "m", "max_tokens": 9, "messages": HELLO}, {"x-api-key": "ak_a"}).text == "old"
    )


@ruling("chat auth")
def _chat_auth() -> None:
    assert [asked(path, BEARER) for path in (MESSAGES, CHAT, D0, D3, BYOK)] == [200] * 5
    assert [asked(path, KEY) for path in (MESSAGES, CHAT, D0, D3, BYOK)] == [200, 200, 401, 200, 200]
    assert [asked(path, {}) for path in (MESSAGES, CHAT, D0, D3, BYOK)] == [401, 401, 401, 401, 200]
    both = {"x-api-key": "sk_first", "authorization": "Bearer sk_second"}
    played = play("  - {when: {key: sk_first}, reply: first}\n")
    assert played.post(MESSAGES, {"model": "m", "max_tokens": 9, "messages": HELLO}, both).text == "first"


@ruling("`model` required")
def _model_required() -> None:
    for path, status in ((MESSAGES, 400), (CHAT, 400), (D0, 400), (D3, 400), (BYOK, 422), (MANAGED, 200)):
        body: Json = {"messages": HELLO, "max_tokens": 9, "provider": "anthropic"}
        assert Talk().post(path, body, BEARER).status == status


@ruling("unknown model")
def _unknown_model() -> None:
    strict = play(
        "  - {when: {not: {model: 'claude-*'}}, error: {status: 404, code: model_not_found}, times: always}\n"
    )
    assert [Talk().say(path, model="no-such-model").status for path in (MESSAGES, CHAT)] == [200, 200]
    answers = [strict.say(path, model="no-such-model") for path in (MESSAGES, CHAT)]
    assert [(answer.status, answer.json["code"]) for answer in answers] == [(404, "model_not_found")] * 2
    error = answers[0].json["error"]
    assert isinstance(error, dict)
    assert error["type"] == "not_found_error"


@ruling("tools on gemma-*, deepseek-r1-*, minimax")
def _models_without_tools() -> None:
    fields: Json = {"tools": [ANTHROPIC.tool("a", {"type": "object"})], "tool_choice": ANTHROPIC.required()}
    for model in ("gemma-2b", "deepseek-r1", "minimax-m2.7"):
        assert Talk().say(model=model, **fields).calls == []
        assert play("  - reply: {tool_use: {name: a, input: {}}}\n").say(model=model, **fields).calls == ["a{}"]


@ruling("XML artefact")
def _xml() -> None:
    xml = "<tool_call>{}</tool_call>"
    played = play(f"  - reply: ['{xml}', {{tool_use: {{name: a, input: {{}}}}}}]\n    when: {{model: qwen-*}}\n")
    answer = played.say(model="qwen-7b")
    assert (answer.text, answer.calls) == (xml, ["a{}"])


@ruling("streaming events on /v1/messages")
def _events() -> None:
    short = ["message_start", "content_block_delta", "message_delta", "message_stop"]
    full = [frame.event for frame in play("  - reply: x\n").say(stream=True).frames]
    assert full == [short[0], "content_block_start", "ping", short[1], "content_block_stop", *short[2:]]
    bent = play("  - {reply: x, faults: [short_sequence]}\n").say(stream=True)
    assert [frame.event for frame in bent.frames] == short


@ruling("streaming on OpenAI routes")
def _chunks() -> None:
    played = play("  - {reply: x, times: always}\n")
    for path in (CHAT, BYOK, D0, D3):
        answer = played.say(path, stream=True)
        assert answer.payload.endswith(b"data: [DONE]\n\n")
        assert [event for event in answer.events if event["choices"] == []] == []
        with_usage = played.say(path, stream=True, stream_options={"include_usage": True})
        assert len([event for event in with_usage.events if event["choices"] == []]) == 1
    message = "Streaming is not supported yet"
    future = play(f"  - {{when: {{operation: chat_byok, stream: true}}, error: {{status: 400, message: {message}}}}}\n")
    refused = future.say(BYOK, stream=True)
    assert (refused.status, refused.json["message"]) == (400, message)


@ruling("tool finish reason")
def _finish_reason() -> None:
    played = play("  - {reply: {tool_use: {name: a, input: {}}}, times: always}\n")
    bodies: list[Json] = [dict(played.say(path).json) for path in (MESSAGES, CHAT, BYOK, MANAGED)]
    assert bodies[0]["stop_reason"] == "tool_use"
    assert [body["choices"][0]["finish_reason"] for body in bodies[1:]] == ["tool_calls"] * 3
    assert [body.get("finish_reason") for body in bodies[1:]] == [None, "tool_use", "tool_use"]


@ruling("tool schema")
def _tool_schema() -> None:
    played = play("  - {when: {tools: [a]}, reply: offered, times: always}\n")
    tools = [dialect.tool("a", {"type": "object"}) for dialect in (ANTHROPIC, OPENAI)]
    assert [played.say(MANAGED, tools=[tool]).text for tool in tools] == ["offered"] * 2
    assert [played.say(MESSAGES, tools=[tool]).status for tool in tools] == [200, 400]
    assert [played.say(CHAT, tools=[tool]).status for tool in tools] == [400, 200]


@ruling("tool_choice")
def _tool_choice() -> None:
    rules = "".join(
        f"  - {{when: {{tool_choice: {c}}}, reply: {c}, times: always}}\n" for c in ("auto", "required", "a")
    )
    tools = [OPENAI.tool("a", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})]
    choices: list[JsonValue] = ["auto", "required", OPENAI.forced("a")]
    played = play(rules)
    assert [played.say(CHAT, tools=tools, tool_choice=one).text for one in choices] == ["auto", "required", "a"]
    [(name, arguments)] = OPENAI.whole(Talk().say(CHAT, tools=tools, tool_choice=choices[2])).calls
    assert (name, type(arguments["n"])) == ("a", int)


@ruling("max_iterations")
def _max_iterations() -> None:
    messages: JsonValue = HELLO + [m for n in range(5) for m in (OPENAI.call(f"c{n}"), *OPENAI.results(f"c{n}"))]
    answer = play("  - reply: never\n").say(BYOK, messages)
    words = "Maximum tool calling iterations (5) exceeded without completion"
    assert (answer.status, answer.json["message"]) == (400, words)
    sooner = play(f"  - {{when: {{last: tool_result}}, error: {{status: 400, message: {words}}}}}\n")
    assert sooner.say(CHAT, [*HELLO, OPENAI.call("a"), *OPENAI.results("a")]).json["message"] == words


@ruling("provider")
def _provider() -> None:
    assert [Talk().say(BYOK, provider=name).status for name in ("anthropic", "meta_llama")] == [200, 200]
    unknown = Talk().say(BYOK, provider="xyz")
    assert (unknown.status, unknown.json["message"]) == (400, "Unsupported provider: xyz")
    assert Talk().post(BYOK, {"model": "m", "messages": HELLO}).status == 422
    lenient = Talk(settings=EngineSettings(lenient=True)).post(BYOK, {"model": "m", "messages": HELLO})
    assert (lenient.status, lenient.note.operation) == (200, "chat")
    rule = play("  - {when: {body: {/provider: meta_llama}}, reply: llama}\n")
    assert rule.say(BYOK, provider="meta_llama").text == "llama"


@ruling("temperature")
def _temperature() -> None:
    statuses = {path: [Talk().say(path, temperature=t).status for t in (1, 1.5, 2.5)] for path in (D0, CHAT, D3, BYOK)}
    assert statuses == {D0: [200, 200, 400], CHAT: [200, 200, 400], D3: [200, 400, 400], BYOK: [200, 422, 422]}


@ruling("max_tokens")
def _max_tokens() -> None:
    played = play(f"  - {{reply: '{'word ' * 5000}', times: always}}\n")
    given: list[Json] = [dict(played.say(path, max_tokens=2).json) for path in (MESSAGES, CHAT)]
    assert (given[0]["stop_reason"], given[1]["choices"][0]["finish_reason"]) == ("max_tokens", "length")
    default: list[Json] = [dict(played.say(path).json) for path in (CHAT, D0, D3)]
    assert [body["usage"]["completion_tokens"] for body in default] == [4096, 4096, 1024]
    limited = [played.say(path, model="claude-sonnet-4-5-20250929", max_tokens=64_000) for path in (MESSAGES, CHAT)]
    assert ["limited to 8192" in answer.headers["x-mock-note"] for answer in limited] == [True, True]


@ruling("system prompt")
def _system() -> None:
    played = play("  - {when: {system: Be brief.}, reply: brief, times: always}\n")
    in_messages: JsonValue = [{"role": "system", "content": "Be brief."}, *HELLO]
    assert [played.say(path, system="Be brief.").text for path in (MESSAGES, D3, CHAT, MANAGED)] == ["brief"] * 4
    assert [played.say(path, in_messages).text for path in (CHAT, D0, D3, BYOK, MANAGED)] == ["brief"] * 5


@pytest.mark.parametrize("topic", RULINGS)
def test_a_ruling_holds(topic: str) -> None:
    RULINGS[topic]()


def test_every_topic_is_in_one_table() -> None:
    assert len({*RULINGS, *OF_ERRORS, *LATER}) == len(RULINGS) + len(OF_ERRORS) + len(LATER) == 33
