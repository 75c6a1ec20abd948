"""The official `openai` package against a gateway: `python_openai.py BASE_URL [verb ...]`.

Runs unchanged on the majors 1, 2 and 3. The base URL is the host; the SDK's own is the host and /api/v1 (D1).
"""

# mypy: ignore-errors
# No one set of types fits three majors of the SDK: what runs here is checked by running it on each of them.

import json
from uuid import uuid4

import openai
from program import NO_SCENARIO, OSLO, QUESTION, STATUSES, TOOLS, attempt, instant_waits, main
from pydantic import BaseModel

MODEL = "qwen-coder-32b"
OSLO_TOOLS = ["get_weather", "get_time"]


def client(base_url, scenario, **options):
    """Return a client whose key plays `scenario`, in a session of its own."""
    return openai.OpenAI(
        **{
            "base_url": f"{base_url}/api/v1",
            "api_key": f"sk_mock_{scenario}",
            "default_headers": {"x-mock-session": uuid4().hex},
            "timeout": 10,
        }
        | options
    )


def offer(name):
    """Return a tool as this wire offers it."""
    tool = TOOLS[name]
    function = {"name": name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": function}


def request(*messages, tools=()):
    """Return the arguments of one request. Without messages it says hello."""
    said = list(messages) or [{"role": "user", "content": "Hello"}]
    return {"model": MODEL, "max_tokens": 1024, "messages": said} | (
        {"tools": [offer(name) for name in tools]} if tools else {}
    )


def seen(completion):
    """Return what the tests compare of a whole completion, wherever the SDK got it from."""
    [choice] = completion.choices
    usage = completion.usage
    return {
        "id": completion.id,
        "model": completion.model,
        "role": choice.message.role,
        "text": choice.message.content or "",
        "calls": [
            {"id": call.id, "name": call.function.name, "input": json.loads(call.function.arguments)}
            for call in choice.message.tool_calls or ()
        ],
        "stop": choice.finish_reason,
        "usage": usage and [usage.prompt_tokens, usage.completion_tokens],
    }


def ask(client, **arguments):
    """One whole answer."""
    return client.chat.completions.create(**arguments)


def ask_helper(client, **arguments):
    """One streamed answer, put together by the SDK."""
    with client.chat.completions.stream(**arguments) as stream:
        return stream.get_final_completion()


def ask_raw(client, **arguments):
    """One streamed answer, put together by hand from the chunks, as programs without the helper do it."""
    found = {"text": "", "usage": None, "usage_chunks": 0}
    calls = {}
    for chunk in client.chat.completions.create(**arguments, stream=True):
        found |= {"id": chunk.id, "model": chunk.model}
        if chunk.usage:
            found["usage"] = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens]
            found["usage_chunks"] += chunk.choices == []
        for choice in chunk.choices:
            found["text"] += choice.delta.content or ""
            found["role"] = choice.delta.role or found.get("role")
            found["stop"] = choice.finish_reason or found.get("stop")
            for piece in choice.delta.tool_calls or ():
                call = calls.setdefault(piece.index, {"id": piece.id, "name": piece.function.name, "input": ""})
                call["input"] += piece.function.arguments or ""
    found["calls"] = [call | {"input": json.loads(call["input"])} for call in calls.values()]
    return found


def stream_helper(base_url):
    """chat.completions.stream: its content deltas, and the completion it puts together, are the same text."""
    with client(base_url, "greeting").chat.completions.stream(**request()) as stream:
        streamed = "".join(event.delta for event in stream if event.type == "content.delta")
        return seen(stream.get_final_completion()) | {"streamed": streamed}


def round_trip(base_url, scenario, question, tools, ask=ask):
    """Play a tool loop: the model calls tools, gets their results, and answers."""
    session = client(base_url, scenario)
    asked = {"role": "user", "content": question}
    first = ask(session, **request(asked, tools=tools))
    message = first.choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": TOOLS[call.function.name].gives}
        for call in message.tool_calls or ()
    ]
    last = ask(session, **request(asked, message, *results, tools=tools))
    return {"first": seen(first), "last": seen(last)}


def reasoning(base_url):
    """Let the model think before and after a tool: whole answers, then streams put together by the SDK."""
    thoughts = []

    def thinking(asking):
        def ask_and_note(client, **arguments):
            completion = asking(client, **arguments, reasoning_effort="low")
            thoughts.append(completion.choices[0].message.reasoning_content)
            return completion

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
    counting = openai.DefaultHttpxClient(event_hooks={"request": [sent.append]})
    with instant_waits() as waits, counting:
        answer = ask(client(base_url, "rate-limited", http_client=counting), **request())
    return {"attempts": len(sent), "waits": waits, "text": seen(answer)["text"]}


class Weather(BaseModel):
    """What the verb `structured` asks for."""

    city: str
    degrees: float


def structured(base_url):
    """chat.completions.parse and its stream: the mock's own answer, one of a scenario, and a refusal."""
    asked = request() | {"response_format": Weather}

    def parsed(scenario, **options):
        return client(base_url, scenario, **options).chat.completions.parse(**asked).choices[0].message

    with client(base_url, "", api_key=NO_SCENARIO).chat.completions.stream(**asked) as stream:
        streamed = stream.get_final_completion().choices[0].message.parsed
    return {
        "default": parsed("", api_key=NO_SCENARIO).parsed.model_dump(),
        "streamed": streamed.model_dump(),
        "scripted": parsed("structured-output").parsed.model_dump(),
        "refusal": parsed("refusal").refusal,
    }


VERBS = {
    "version": lambda _: {"version": openai.__version__},
    "message": lambda base_url: seen(ask(client(base_url, "greeting"), **request())),
    "stream_raw": lambda base_url: ask_raw(client(base_url, "greeting"), **request()),
    "stream_helper": stream_helper,
    "usage_chunk": lambda base_url: ask_raw(
        client(base_url, "greeting"), **request(), stream_options={"include_usage": True}
    ),
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
    "refused_key": lambda base_url: seen(
        ask(client(base_url, "greeting", api_key="sk-ant-not-a-real-key"), **request())
    ),
}

if __name__ == "__main__":
    main(VERBS)
