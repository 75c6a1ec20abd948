"""The shipped scenarios of whole conversations do what their `about` says."""

import orjson
import pytest
from pydantic import JsonValue

from mockserver.core.actions import Wait
from tests.files.test_shipped_scenarios import BOTH, offer, talk, with_results
from tests.support.dialects import Dialect
from tests.support.engine import CHAT, HELLO, MESSAGES


def after_results(dialect: Dialect, count: int) -> list[JsonValue]:
    """Return a conversation in which this many calls were made, one after the other."""
    ids = [f"call-{number}" for number in range(count)]
    return [*HELLO, *[message for id in ids for message in (dialect.call(id), *dialect.results(id))]]


@BOTH
def test_scenario_agent_run(dialect: Dialect) -> None:
    """A run of thirty turns: twenty-nine files one by one, then the sum."""
    played, tools = talk("agent-run"), offer(dialect, "read_file")
    paths = []
    for number in range(29):
        said = dialect.whole(played.say(dialect.path, after_results(dialect, number), **tools))
        paths += [arguments["path"] for _, arguments in said.calls]
    assert paths == [f"/tmp/part-{number}.txt" for number in range(1, 30)]
    last = dialect.whole(played.say(dialect.path, after_results(dialect, 29), **tools))
    assert (last.text, last.calls) == ('I have read all 29 files. The last one says "found".', [])


WAYS = {
    "a refund": (["A refund please", "Yes"], ["Shall I?", "three days."]),
    "a delivery": (["Where is my parcel?", "ok"], ["still right?", "nothing more."]),
    "another subject": (["A refund please", "No, the delivery", "yes"], ["Shall I?", "still right?", "nothing more."]),
    "nothing of both": (["Hello", "yes"], ["a delivery?", "a delivery?"]),
}


@BOTH
@pytest.mark.parametrize("way", WAYS)
def test_scenario_branching_conversation(dialect: Dialect, way: str) -> None:
    """It goes where the user leads it, and changes the subject with them."""
    played, (said, ends) = talk("branching-conversation"), WAYS[way]
    answers = [played.say(dialect.path, [{"role": "user", "content": text}]).text for text in said]
    assert [answer.endswith(end) for answer, end in zip(answers, ends, strict=True)] == [True] * len(ends)


def after_failures(dialect: Dialect, count: int) -> list[JsonValue]:
    """Return a conversation in which this many calls failed, told as text, since not every wire has a field for it."""
    messages: list[JsonValue] = orjson.loads(
        orjson.dumps(after_results(dialect, count)).replace(b"found", b"Error: no such file")
    )
    return messages


@BOTH
def test_scenario_flaky_tool(dialect: Dialect) -> None:
    """When a tool fails, the model calls it again; after the third failure it gives up in words."""
    played, tools = talk("flaky-tool"), offer(dialect, "read_file")
    calls = [
        len(dialect.whole(played.say(dialect.path, after_failures(dialect, count), **tools)).calls)
        for count in range(4)
    ]
    assert calls == [1, 1, 1, 0]
    assert played.say(dialect.path, with_results(dialect, "a"), **tools).text == 'The file contains: "found"'


@BOTH
def test_scenario_malformed_tool_json(dialect: Dialect) -> None:
    """The arguments of the first call break off in a stream; told of it, the model calls again properly."""
    played, tools = talk("malformed-tool-json"), offer(dialect, "read_file")
    broken = played.say(dialect.path, stream=True, **tools)
    assert b"read_file" in broken.payload
    with pytest.raises(orjson.JSONDecodeError):
        dialect.streamed(broken)
    again = dialect.whole(played.say(dialect.path, after_results(dialect, 1), **tools))
    assert again.calls == [("read_file", {"path": "/tmp/test.txt"})]
    assert played.say(dialect.path, after_results(dialect, 2), **tools).text == 'The file contains: "found"'


@BOTH
def test_scenario_model_fallback(dialect: Dialect) -> None:
    """Claude models are unavailable with a 503, every other model answers and says its name."""
    played = talk("model-fallback")
    answers = [played.say(dialect.path, model=model) for model in ("claude-sonnet-4", "qwen-coder-32b")]
    assert [answer.status for answer in answers] == [503, 200]
    assert answers[1].text == "This is qwen-coder-32b."


@BOTH
def test_scenario_slow_cold_model(dialect: Dialect) -> None:
    """503 until the session is twenty seconds old, then an answer that begins after three seconds."""
    played = talk("slow-cold-model")
    statuses = []
    for _ in range(3):
        answer = played.say(dialect.path, stream=True)
        statuses.append(answer.status)
        played.now += 10
    assert statuses == [503, 503, 200]
    assert [action.seconds for action in answer.actions if isinstance(action, Wait)][:2] == [3.0, 0.25]


@BOTH
def test_scenario_token_expires(dialect: Dialect) -> None:
    """The token expires once, with a 401 after the first answer; with a new one the run goes on."""
    played = talk("token-expires")
    answers = [played.say(dialect.path) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 401, 200]
    assert answers[1].json["code"] == "token_expired"


@BOTH
def test_scenario_two_users(dialect: Dialect) -> None:
    """Two users at once; each goes through three steps of their own."""
    played = talk("two-users")
    users: list[dict[str, JsonValue]] = [{"metadata": {"user_id": "alice"}}, {"user": "bob"}] * 4
    texts = [played.say(dialect.path, **user).text for user in users]
    assert texts[:6:2] == [f"Alice, this is your answer number {number}." for number in (1, 2, 3)]
    assert texts[1:6:2] == [f"Bob, this is your answer number {number}." for number in (1, 2, 3)]
    assert texts[6:] == ["That was all."] * 2


@BOTH
def test_scenario_prompt_cache(dialect: Dialect) -> None:
    """The second request with the same long prompt is a hit for five minutes; a short prompt is not cached."""
    played = talk("prompt-cache")
    prompt: list[JsonValue] = [{"role": "user", "content": "x" * 8_000}]
    asked: dict[str, JsonValue] = {"cache_control": {"type": "ephemeral"}}
    texts = [played.say(dialect.path, prompt, **asked).text for _ in range(2)]
    played.now += 300
    texts += [played.say(dialect.path, prompt, **asked).text, played.say(dialect.path).text]
    miss, hit = "I remember this prompt for the next request.", "I know how this prompt begins."
    assert texts == [miss, hit, miss, "There is nothing to cache here."]


IMAGES: dict[str, JsonValue] = {
    MESSAGES: {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
    CHAT: {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
}


@BOTH
def test_scenario_vision(dialect: Dialect) -> None:
    """Describes the picture that the client sends, or the first of several, and asks for one where there is none."""
    played = talk("vision")
    asked: list[JsonValue] = [
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, *[IMAGES[dialect.path]] * count]}
        for count in range(3)
    ]
    texts = [played.say(dialect.path, [message]).text for message in asked]
    assert [text.split(" ")[:2] for text in texts] == [["Send", "me"], ["The", "picture"], ["I", "see"]]
