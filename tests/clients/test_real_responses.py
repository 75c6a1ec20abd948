"""The Responses API, asked by the official SDK: text, streams, tools, structured output, thinking, errors."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from mockserver.testing.gateway import GatewaySession

pytestmark = pytest.mark.gateway(extensions="responses")

TOOL = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class Weather(BaseModel):
    """An answer in a form."""

    city: str
    days: int


@pytest.fixture(params=["url", "openai_url"])
def client(
    request: pytest.FixtureRequest, gateway: GatewaySession
) -> Iterator[Any]:  # Any: an output item has one of 28 types
    """Yield the SDK under each of the two prefixes."""
    prefix = {"url": f"{gateway.url}/v1", "openai_url": gateway.openai_url}[request.param]
    with openai.OpenAI(base_url=prefix, api_key=gateway.key, max_retries=0) as sdk:
        yield sdk


def test_a_text_is_read(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply="Hello there.")
    response = client.responses.create(model="gpt-5", input="Hello", instructions="Be kind.")
    assert (response.output_text, response.status) == ("Hello there.", "completed")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (4, 3)
    assert response.instructions == "Be kind."


def test_a_stream_is_read(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply="Hello there.")
    with client.responses.stream(model="gpt-5", input="Hello") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert stream.get_final_response().output_text == "".join(deltas) == "Hello there."


def test_a_tool_loop_ends(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply=[{"tool_use": {"name": "get_weather", "input": {"city": "Oslo"}}}])
    gateway.turn(when={"last": "tool_result"}, reply="It is {{tool_result}}.")
    asked = [{"role": "user", "content": "How is the weather?"}]
    first = client.responses.create(model="gpt-5", input=asked, tools=[TOOL])
    [call] = first.output
    assert (call.type, call.name, call.arguments) == ("function_call", "get_weather", '{"city":"Oslo"}')
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    second = client.responses.create(model="gpt-5", input=[*asked, call.model_dump(), result], tools=[TOOL])
    assert second.output_text == "It is sunny."
    assert gateway.verdict().findings == ()


def test_a_streamed_call_is_read(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply=[{"tool_use": {"name": "get_weather", "input": {"city": "Oslo"}}}])
    with client.responses.stream(model="gpt-5", input="Weather?", tools=[TOOL]) as stream:
        pieces = [event.delta for event in stream if event.type == "response.function_call_arguments.delta"]
        [call] = stream.get_final_response().output
    assert call.type == "function_call"
    assert call.arguments == "".join(pieces) == '{"city":"Oslo"}'


def test_an_answer_in_a_form_is_parsed(client: Any) -> None:
    response = client.responses.parse(model="gpt-5", input="Weather?", text_format=Weather)
    assert isinstance(response.output_parsed, Weather)


def test_thinking_is_a_summary_before_the_answer(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply=[{"thinking": "Hm."}, {"text": "Four."}], times="always")
    response = client.responses.create(model="gpt-5", input="2 + 2?", reasoning={"effort": "low", "summary": "auto"})
    thinking, message = response.output
    assert thinking.type == "reasoning"
    assert [part.text for part in thinking.summary] == ["Hm."]
    assert (message.type, response.output_text) == ("message", "Four.")


def test_a_refusal_is_read(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply={"refusal": "I cannot."})
    [message] = client.responses.create(model="gpt-5", input="Do it.").output
    assert message.type == "message"
    assert [part.type for part in message.content] == ["refusal"]


def test_an_answer_that_was_cut_is_incomplete(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply="A rather long answer, longer than the limit.", times="always")
    whole = client.responses.create(model="gpt-5", input="Hello", max_output_tokens=2)
    with client.responses.create(model="gpt-5", input="Hello", max_output_tokens=2, stream=True) as stream:
        last = list(stream)[-1]
    assert (whole.status, last.type) == ("incomplete", "response.incomplete")
    assert whole.incomplete_details is not None
    assert whole.incomplete_details.reason == "max_output_tokens"


def test_an_error_is_the_sdks_own(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(error={"status": 402})
    with pytest.raises(openai.APIStatusError) as refused:
        client.responses.create(model="gpt-5", input="Hello")
    assert (refused.value.status_code, refused.value.code) == (402, "insufficient_credits")


def test_an_error_in_a_stream_is_raised(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply="One two three four five.", faults=[{"error_event": {"at": 5, "status": 503}}])
    with (
        client.responses.create(model="gpt-5", input="Hello", stream=True) as stream,
        pytest.raises(openai.APIError, match="Model loading"),
    ):
        list(stream)


def test_a_response_continues_the_one_before(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply="I am {{hit}}.", times=1)
    gateway.turn(when={"assistant_turns": 1}, reply="You said {{last_user_text}}.", times="always")
    first = client.responses.create(model="gpt-5", input="Who are you?")
    for text in ("one", "two"):  # a response may be continued more than once
        second = client.responses.create(model="gpt-5", input=text, previous_response_id=first.id)
        assert (second.output_text, second.previous_response_id) == (f"You said {text}.", first.id)
    items = client.responses.input_items.list(second.id).data
    assert [item.role for item in items] == ["user", "assistant", "user"]


def test_the_result_of_a_call_is_enough_after_the_response_that_made_it(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply=[{"tool_use": {"name": "get_weather", "input": {"city": "Oslo"}}}])
    gateway.turn(when={"last": "tool_result"}, reply="It is {{tool_result}}.")
    first = client.responses.create(model="gpt-5", input="Weather?", tools=[TOOL])
    result = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "sunny"}
    second = client.responses.create(model="gpt-5", input=[result], tools=[TOOL], previous_response_id=first.id)
    assert second.output_text == "It is sunny."
    assert gateway.verdict().findings == ()


def test_an_item_is_named_by_its_id_alone(client: Any, gateway: GatewaySession) -> None:
    gateway.turn(reply="One.")
    gateway.turn(when={"assistant_turns": 1}, reply="Two.")
    asked = {"role": "user", "content": "Count."}
    [message] = client.responses.create(model="gpt-5", input=[asked]).output
    reference = {"type": "item_reference", "id": message.id}
    second = client.responses.create(model="gpt-5", input=[asked, reference, asked], store=False)
    assert second.output_text == "Two."


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"previous_response_id": "resp_none"}, 400, "Previous response with id 'resp_none' not found."),
        ({"input": [{"type": "item_reference", "id": "msg_none_0"}]}, 404, "Item with id 'msg_none_0' not found."),
    ],
)
def test_what_is_not_kept_is_refused(client: Any, fields: dict[str, Any], status: int, words: str) -> None:
    with pytest.raises(openai.APIStatusError, match=words) as refused:
        client.responses.create(**{"model": "gpt-5", "input": "Hello", **fields})
    assert refused.value.status_code == status


def test_a_kept_response_is_retrieved_and_deleted(client: Any) -> None:
    with client.responses.stream(model="gpt-5", input="Hello") as stream:
        response = stream.get_final_response()
    assert client.responses.retrieve(response.id).output_text == response.output_text
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_a_response_is_not_kept_where_the_client_says_so(client: Any) -> None:
    response = client.responses.create(model="gpt-5", input="Hello", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_broken_arguments_are_broken_wherever_the_stream_has_them(client: Any, gateway: GatewaySession) -> None:
    call: Any = {"tool_use": {"name": "get_weather", "input": {"city": "Oslo"}}}
    gateway.turn(reply=[call], faults=[{"arguments": "truncated"}])
    with client.responses.create(model="gpt-5", input="Weather?", tools=[TOOL], stream=True) as stream:
        events = list(stream)
    [done] = [event.arguments for event in events if event.type == "response.function_call_arguments.done"]
    [item] = [event.item.arguments for event in events if event.type == "response.output_item.done"]
    assert done == item == events[-1].response.output[0].arguments == '{"city"'


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_a_fault_cuts_is_incomplete(client: Any, gateway: GatewaySession, stream: bool) -> None:
    gateway.turn(reply="One two three four.", faults=[{"max_tokens": 2}])
    answer = client.responses.create(model="gpt-5", input="Count.", stream=stream)
    last = list(answer)[-1] if stream else answer
    assert not stream or last.type == "response.incomplete"
    response = last.response if stream else answer
    assert (response.status, response.output_text.strip()) == ("incomplete", "One two")
    assert response.incomplete_details.reason == "max_output_tokens"
