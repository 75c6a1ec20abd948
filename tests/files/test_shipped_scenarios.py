"""Every shipped scenario loads, can be played on every wire, and does what its `about` says."""

from functools import cache
from pathlib import Path

import pytest
from pydantic import JsonValue

from mockserver.core.actions import Reset, Wait
from mockserver.core.json_text import json_or_none
from mockserver.files import bundled, loader
from mockserver.files.dry_run import dry_run
from mockserver.files.library import load_library, read_script
from mockserver.scenarios.script import Script
from tests.support.dialects import DIALECTS, Dialect
from tests.support.engine import HELLO, MESSAGES, Answer, Talk, contract

FILES = {file.stem: file for file in loader.discover(bundled.SCENARIOS)}
EVERY_FILE = pytest.mark.parametrize("file", FILES.values(), ids=FILES)
BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=["anthropic", "openai"])


@cache
def shipped_script(name: str) -> Script:
    return read_script(FILES[name], contract())


def talk(name: str) -> Talk:
    return Talk(shipped_script(name))


def offer(dialect: Dialect, *names: str) -> dict[str, JsonValue]:
    """Return the fields of a request that offers these tools."""
    properties: JsonValue = {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}}
    schema = {"type": "object", "properties": properties, "required": ["city", "days"]}
    return {"tools": [dialect.tool(name, schema) for name in names]}


def with_results(dialect: Dialect, *ids: str) -> list[JsonValue]:
    """Return a conversation that ends with the results of these calls."""
    return [*HELLO, dialect.call(*ids), *dialect.results(*ids)]


# Every file


@EVERY_FILE
def test_a_scenario_has_the_name_of_its_file(file: Path) -> None:
    assert shipped_script(file.stem).name == file.stem


@EVERY_FILE
def test_a_scenario_says_what_it_is_about_in_one_sentence(file: Path) -> None:
    about = shipped_script(file.stem).about
    assert about[:1].isupper()
    assert about.endswith(".")
    assert "\n" not in about


@EVERY_FILE
def test_a_scenario_gives_answers_that_the_contract_allows(file: Path) -> None:
    assert dry_run(shipped_script(file.stem), contract()) == []


@EVERY_FILE
def test_a_scenario_never_runs_out(file: Path) -> None:
    """A second try must not get a 404."""
    assert shipped_script(file.stem).turns[-1].times is None


def test_the_library_knows_every_file() -> None:
    assert set(load_library(contract()).scripts) == set(FILES)


def test_every_scenario_has_its_test_below() -> None:
    from tests.files import test_shipped_conversations as conversations

    names = [name for name in (*globals(), *vars(conversations)) if name.startswith("test_scenario_")]
    assert {name.removeprefix("test_scenario_").replace("_", "-") for name in names} == set(FILES)


# What each of them does


@BOTH
def test_scenario_greeting(dialect: Dialect) -> None:
    """A greeting to every message."""
    played = talk("greeting")
    assert [played.say(dialect.path).text for _ in range(3)] == ["Hello! How can I help you today?"] * 3


@BOTH
def test_scenario_tool_round_trip(dialect: Dialect) -> None:
    """The model asks for a file, then answers with what it read."""
    played = talk("tool-round-trip")
    asked = dialect.whole(played.say(dialect.path, **offer(dialect, "read_file")))
    assert asked.calls == [("read_file", {"path": "/tmp/test.txt"})]
    assert asked.text == "Let me read that file for you."
    assert played.say(dialect.path, with_results(dialect, "a")).text == 'The file contains: "found"'


@BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_scenario_reasoning(dialect: Dialect, stream: bool) -> None:
    """The model thinks before it answers, calls a tool, and thinks about the result."""
    played = talk("reasoning")
    read = dialect.streamed if stream else dialect.whole
    fields: dict[str, JsonValue] = {"stream": stream, "stream_options": {"include_usage": True}}
    called = played.say(dialect.path, **offer(dialect, "get_weather"), **fields)
    assert (called.thinking[:9], read(called).calls) == ("They want", [("get_weather", {"city": "Oslo"})])
    told = played.say(dialect.path, with_results(dialect, "a"), **fields)
    assert (told.thinking, read(told).text) == ("The tool says: found. That is all they asked for.", "In Oslo: found")
    assert played.say(dialect.path, **fields).thinking.startswith("A short question.")


@BOTH
def test_scenario_parallel_tools(dialect: Dialect) -> None:
    """One answer calls two tools; the model needs both results to continue."""
    played = talk("parallel-tools")
    asked = dialect.whole(played.say(dialect.path, **offer(dialect, "get_weather", "get_time")))
    assert asked.calls == [("get_weather", {"city": "Oslo"}), ("get_time", {"tz": "Europe/Oslo"})]
    assert played.say(dialect.path, with_results(dialect, "a", "b")).text == "I have the weather and the time."
    one_result: list[JsonValue] = [*HELLO, dialect.call("a", "b"), *dialect.results("a")]
    assert played.say(dialect.path, one_result).status == 400


@BOTH
def test_scenario_forced_tool(dialect: Dialect) -> None:
    """Calls get_weather on every user message, with arguments generated from its schema."""
    played = talk("forced-tool")
    [(name, arguments)] = dialect.whole(played.say(dialect.path, **offer(dialect, "get_time", "get_weather"))).calls
    assert (name, sorted(arguments)) == ("get_weather", ["city", "days"])
    assert played.say(dialect.path, with_results(dialect, "a")).text == "The tool says: found"


def seen(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.headers.get("retry-after")


@BOTH
def test_scenario_rate_limited(dialect: Dialect) -> None:
    """One 429 with retry-after, then the answer."""
    played = talk("rate-limited")
    assert [seen(played.say(dialect.path)) for _ in range(3)] == [(429, "1"), (200, None), (200, None)]


@BOTH
def test_scenario_rate_limited_twice(dialect: Dialect) -> None:
    """Two 429s with retry-after, then the answer, streamed like a slow model."""
    played = talk("rate-limited-twice")
    answers = [played.say(dialect.path, stream=True) for _ in range(3)]
    assert [seen(answer) for answer in answers] == [(429, "2"), (429, "2"), (200, None)]
    assert len([action for action in answers[2].actions if isinstance(action, Wait)]) == 3


@BOTH
def test_scenario_refused_key(dialect: Dialect) -> None:
    """Every key is rejected, with the message for keys that begin with sk-ant-."""
    really = talk("greeting").post(dialect.path, b"", {"x-api-key": "sk-ant-x"})
    played = talk("refused-key").say(dialect.path)
    assert (played.status, played.json["error"]) == (really.status, really.json["error"])


@BOTH
def test_scenario_credits_exhausted(dialect: Dialect) -> None:
    """Every request gets a 402, because the account has no credits."""
    played = talk("credits-exhausted")
    codes = [(answer.status, answer.json["code"]) for answer in (played.say(dialect.path), played.say(dialect.path))]
    assert codes == [(402, "insufficient_credits")] * 2


@BOTH
def test_scenario_model_loading(dialect: Dialect) -> None:
    """Two 503s with retry-after, then answers."""
    played = talk("model-loading")
    assert [seen(played.say(dialect.path)) for _ in range(3)] == [(503, "5"), (503, "5"), (200, None)]


@BOTH
def test_scenario_server_error(dialect: Dialect) -> None:
    """Every request gets a 500."""
    played = talk("server-error")
    assert [played.say(dialect.path, stream=stream).status for stream in (False, True, False)] == [500] * 3


@BOTH
def test_scenario_cut_by_max_tokens(dialect: Dialect) -> None:
    """The answer stops in mid-sentence with the stop reason max_tokens, whatever limit the client sent."""
    said = dialect.whole(talk("cut-by-max-tokens").say(dialect.path, max_tokens=8_000))
    assert said.stop == dialect.stops["max_tokens"]
    assert not said.text.endswith(".")


@BOTH
def test_scenario_xml_tool_call(dialect: Dialect) -> None:
    """The model leaves a <tool_call> XML artefact in its text beside the proper tool_use."""
    played = talk("xml-tool-call")
    said = dialect.whole(played.say(dialect.path, **offer(dialect, "read_file")))
    assert said.calls == [("read_file", {"path": "/tmp/test.txt"})]
    assert '<tool_call>\n{"name": "read_file", "arguments": {"path": "/tmp/test.txt"}}\n</tool_call>' in said.text
    assert played.say(dialect.path, with_results(dialect, "a")).text == 'The file contains: "found"'


def test_scenario_short_sse() -> None:
    """The short SSE sequence that D1 lists, without content_block_start, content_block_stop and ping."""
    events = [frame.event for frame in talk("short-sse").say(MESSAGES, stream=True).frames]
    assert list(dict.fromkeys(events)) == ["message_start", "content_block_delta", "message_delta", "message_stop"]


@BOTH
def test_scenario_long_slow_stream(dialect: Dialect) -> None:
    """First token after 800 ms, then twenty words a second."""
    answer = talk("long-slow-stream").say(dialect.path, stream=True)
    first, *others = [action.seconds for action in answer.actions if isinstance(action, Wait)]
    assert first == 0.8
    assert len(others) > 100
    assert all(0.04 <= seconds <= 0.06 for seconds in others)


@BOTH
def test_scenario_stream_breaks(dialect: Dialect) -> None:
    """The connection is reset in the middle of a stream; the retry gets the whole answer."""
    played = talk("stream-breaks")
    broken = played.say(dialect.path, stream=True)
    assert isinstance(broken.actions[-1], Reset)
    assert b"beginning" in broken.payload
    assert b"end." not in broken.payload
    assert played.say(dialect.path).text == "This answer has a beginning, a middle, and an end."


def test_scenario_credits_run_out() -> None:
    """The answer that crosses zero is the last one, then 402."""
    played = talk("credits-run-out")
    assert [played.say().status for _ in range(3)] == [200, 200, 402]


def test_scenario_plan_window_full() -> None:
    """Three answers a minute, then 429 with the remaining wait."""
    played = talk("plan-window-full")
    answers = [played.say() for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"


def test_scenario_stream_cut_by_credits() -> None:
    """A stream that costs more than the balance, cut where the balance ends."""
    events = talk("stream-cut-by-credits").say(stream=True).events
    assert events[-1]["type"] == "error"
    assert 0 < len([event for event in events if event["type"] == "content_block_delta"]) < 10


def test_scenario_metered() -> None:
    """Every answer costs some credits, and the balance shows it."""
    played = talk("metered")
    left = [played.get("/api/v1/public/credits/balance").json["remaining_credits"]]
    for _ in range(2):
        assert played.say().status == 200
        left.append(played.get("/api/v1/public/credits/balance").json["remaining_credits"])
    assert left == sorted(left, key=lambda value: -float(str(value)))
    assert len(set(map(str, left))) == 3


def test_scenario_no_credits() -> None:
    """Metered routes get a 402, BYOK still answers."""
    played = talk("no-credits")
    assert [played.say().status, played.say("/v1/chat/completions").status] == [402, 200]


@BOTH
def test_scenario_structured_output(dialect: Dialect) -> None:
    """Answers with a weather report as JSON; the second one is cut off, the third breaks the schema."""
    properties: JsonValue = {"city": {"type": "string"}, "degrees": {"type": "number"}}
    schema: dict[str, JsonValue] = {"type": "object", "properties": properties}
    played = talk("structured-output")
    said = [dialect.whole(played.say(dialect.path, **dialect.asks_for(schema))) for _ in range(4)]
    assert [one.stop == dialect.stops["max_tokens"] for one in said] == [False, True, False, False]
    assert json_or_none(said[0].text) == {"city": "Oslo", "degrees": -3.5, "days": ["mon", "tue"]}
    assert json_or_none(said[1].text) is None
    assert json_or_none(said[2].text) == {"city": "Oslo", "degrees": "cold"}
    assert said[3] == said[0]


@BOTH
def test_scenario_refusal(dialect: Dialect) -> None:
    """The model refuses in words of its own, and answers the next request."""
    played = talk("refusal")
    assert played.say(dialect.path).refusal == "I'm sorry, but I can't help with that."
    assert played.say(dialect.path).text == "Here you are."
