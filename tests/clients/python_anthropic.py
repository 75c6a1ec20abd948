"""The official `anthropic` package against a gateway: `python_anthropic.py BASE_URL [verb ...]`.

Runs unchanged on the majors 0, 1 and 2. The base URL is the host: the SDK adds /v1/messages itself.
"""

# mypy: ignore-errors
# No one set of types fits three majors of the SDK: what runs here is checked by running it on each of them.

import json
from uuid import uuid4

import anthropic
from program import NO_SCENARIO, OSLO, QUESTION, STATUSES, TOOLS, attempt, instant_waits, main
from pydantic import BaseModel

MODEL = "claude-sonnet-4.5"
OSLO_TOOLS = ["get_weather", "get_time"]


def client(base_url, scenario, **options):
    """Return a client whose key plays `scenario`, in a session of its own."""
    headers = {"x-mock-session": uuid4().hex}
    return anthropic.Anthropic(
        **{"base_url": base_url, "api_key": f"sk_mock_{scenario}", "default_headers": headers, "timeout": 10} | options
    )


def request(*messages, tools=()):
    """Return the arguments of one request. Without messages it says hello."""
    said = list(messages) or [{"role": "user", "content": "Hello"}]
    offered = [
        {"name": name, "description": TOOLS[name].description, "input_schema": TOOLS[name].schema} for name in tools
    ]
    return {"model": MODEL, "max_tokens": 1024, "messages": said} | ({"tools": offered} if offered else {})


def seen(message):
    """Return what the tests compare of a whole message, wherever the SDK got it from."""
    return {
        "id": message.id,
        "model": message.model,
        "role": message.role,
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "calls": [
            {"id": block.id, "name": block.name, "input": block.input}
            for block in message.content
            if block.type == "tool_use"
        ],
        "stop": message.stop_reason,
        "usage": [message.usage.input_tokens, message.usage.output_tokens],
    }


def ask(client, **arguments):
    """One whole answer."""
    return client.messages.create(**arguments)


def ask_helper(client, **arguments):
    """One streamed answer, put together by the SDK."""
    with client.messages.stream(**arguments) as stream:
        return stream.get_final_message()


def ask_raw(client, **arguments):
    """One streamed answer, put together by hand from the events, as programs without the helper do it."""
    found = {"text": "", "calls": [], "events": []}
    pieces = {}
    for event in client.messages.create(**arguments, stream=True):
        if event.type not in found["events"]:
            found["events"].append(event.type)
        if event.type == "message_start":
            found |= {"id": event.message.id, "model": event.message.model, "role": event.message.role}
            found["usage"] = [event.message.usage.input_tokens]
        elif event.type == "content_block_start" and event.content_block.type == "tool_use":
            found["calls"].append({"id": event.content_block.id, "name": event.content_block.name})
            pieces[event.index] = ""
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            found["text"] += event.delta.text
        elif event.type == "content_block_delta":
            pieces[event.index] += event.delta.partial_json
        elif event.type == "message_delta":
            found["stop"] = event.delta.stop_reason
            found["usage"].append(event.usage.output_tokens)
    for call, arguments_text in zip(found["calls"], pieces.values(), strict=True):
        call["input"] = json.loads(arguments_text)
    return found


def stream_helper(base_url):
    """messages.stream: its text stream, and the message it puts together, are the same text."""
    with client(base_url, "greeting").messages.stream(**request()) as stream:
        streamed = "".join(stream.text_stream)
        return seen(stream.get_final_message()) | {"streamed": streamed}


def round_trip(base_url, scenario, question, tools, ask=ask):
    """Play a tool loop: the model calls tools, gets their results, and answers."""
    session = client(base_url, scenario)
    asked = {"role": "user", "content": question}
    first = ask(session, **request(asked, tools=tools))
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": TOOLS[block.name].gives}
        for block in first.content
        if block.type == "tool_use"
    ]
    answer = {"role": "assistant", "content": first.content}
    last = ask(session, **request(asked, answer, {"role": "user", "content": results}, tools=tools))
    return {"first": seen(first), "last": seen(last)}


def reasoning(base_url):
    """Let the model think before and after a tool: whole answers, then streams put together by the SDK."""
    config = {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    thoughts = []

    def thinking(asking):
        def ask_and_note(client, **arguments):
            message = asking(client, **arguments | config)
            thoughts.extend(block.thinking for block in message.content if block.type == "thinking")
            return message

        return ask_and_note

    for asking in (ask, ask_helper):
        last = round_trip(base_url, "reasoning", OSLO, ["get_weather"], ask=thinking(asking))["last"]
    return {"thoughts": thoughts, "text": last["text"]}


def errors(base_url):
    """Each status, with retries off."""
    return {
        str(status): attempt(lambda url, s=status: ask(client(url, f"error-{s}", max_retries=0), **request()), base_url)
        for status in STATUSES
    }


def retry(base_url):
    """Ask through a 429 with retry-after, with the SDK's default retries."""
    sent = []
    counting = anthropic.DefaultHttpxClient(event_hooks={"request": [sent.append]})
    with instant_waits() as waits, counting:
        answer = client(base_url, "rate-limited", http_client=counting).messages.create(**request())
    return {"attempts": len(sent), "waits": waits, "text": seen(answer)["text"]}


def count_tokens(base_url):
    """messages.count_tokens."""
    question = {"role": "user", "content": "Hello"}
    counted = client(base_url, "greeting").messages.count_tokens(model=MODEL, messages=[question])
    return {"input_tokens": counted.input_tokens}


class Weather(BaseModel):
    """What the verb `structured` asks for."""

    city: str
    degrees: float


def structured(base_url):
    """messages.parse and its stream: the mock's own answer, one of a scenario, and a refusal."""
    asked = request() | {"output_format": Weather}

    def parsed(scenario, **options):
        return client(base_url, scenario, **options).messages.parse(**asked).parsed_output.model_dump()

    with client(base_url, "", api_key=NO_SCENARIO).messages.stream(**asked) as stream:
        streamed = stream.get_final_message().parsed_output
    refused = client(base_url, "refusal").messages.create(**request())
    return {
        "default": parsed("", api_key=NO_SCENARIO),
        "streamed": streamed.model_dump(),
        "scripted": parsed("structured-output"),
        "refusal": seen(refused)["text"] if refused.stop_reason == "refusal" else None,
    }


VERBS = {
    "version": lambda _: {"version": anthropic.__version__},
    "message": lambda base_url: seen(ask(client(base_url, "greeting"), **request())),
    "stream_raw": lambda base_url: ask_raw(client(base_url, "greeting"), **request()),
    "stream_helper": stream_helper,
    "tool_round_trip": lambda base_url: round_trip(base_url, "tool-round-trip", QUESTION, ["read_file"]),
    "tool_round_trip_streamed": lambda base_url: round_trip(
        base_url, "tool-round-trip", QUESTION, ["read_file"], ask=ask_helper
    ),
    "parallel_tools": lambda base_url: round_trip(base_url, "parallel-tools", OSLO, OSLO_TOOLS),
    "parallel_tools_streamed": lambda base_url: ask_raw(
        client(base_url, "parallel-tools"), **request({"role": "user", "content": OSLO}, tools=OSLO_TOOLS)
    ),
    "structured": structured,
    "reasoning": reasoning,
    "errors": errors,
    "retry": retry,
    "models": lambda base_url: {"ids": [model.id for model in client(base_url, "greeting").models.list()]},
    "count_tokens": count_tokens,
    "refused_key": lambda base_url: seen(
        ask(client(base_url, "greeting", api_key="sk-ant-not-a-real-key"), **request())
    ),
}

if __name__ == "__main__":
    main(VERBS)
