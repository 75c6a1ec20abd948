"""The official Python SDKs under every case: `python_client.py BASE_URL SDK LIMIT`, with case names on standard input.

Prints {mode: {case: result}} as JSON. A result is what a program gets: text, calls, stop reason and usage, or the
error that was raised, or nothing within LIMIT seconds. It runs without site-packages (see tests/clients).
"""

# It runs with two SDKs of three majors, whose types differ:
# mypy: ignore-errors
# Its functions are the verbs of a table, and their names say what each does:
# ruff: noqa: D103

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

TIMEOUT = 1.5
"""The SDK's own timeout for each read, in seconds."""
SIDE_BY_SIDE = 8


def session():
    return {"x-mock-session": uuid4().hex}


def anthropic_client(url, case):
    import anthropic

    return anthropic.Anthropic(
        base_url=url, api_key=f"sk_mock_{case}", default_headers=session(), max_retries=0, timeout=TIMEOUT
    )


def openai_client(url, case):
    import openai

    return openai.OpenAI(
        base_url=f"{url}/api/v1",
        api_key=f"sk_mock_{case}",
        default_headers=session(),
        max_retries=0,
        timeout=TIMEOUT,
    )


REQUEST = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
WITH_USAGE = REQUEST | {"stream_options": {"include_usage": True}}


def anthropic_raw(url, case):
    result = {"text": "", "calls": [], "stop": None, "usage": [None, None]}
    calls = {}
    for event in anthropic_client(url, case).messages.create(**REQUEST, stream=True):
        if event.type == "message_start":
            result["usage"][0] = event.message.usage and event.message.usage.input_tokens
        elif event.type == "content_block_start" and event.content_block.type == "tool_use":
            calls[event.index] = [event.content_block.id, event.content_block.name, ""]
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            result["text"] += event.delta.text or ""
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            calls[event.index][2] += event.delta.partial_json
        elif event.type == "message_delta":
            result["stop"] = event.delta.stop_reason
            result["usage"][1] = event.usage and event.usage.output_tokens
    result["calls"] = [parsed(call) for call in calls.values()]
    return result


def anthropic_helper(url, case):
    with anthropic_client(url, case).messages.stream(**REQUEST) as stream:
        message = stream.get_final_message()
    return {
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "calls": [[block.id, block.name, block.input] for block in message.content if block.type == "tool_use"],
        "stop": message.stop_reason,
        "usage": [message.usage.input_tokens, message.usage.output_tokens],
    }


def openai_raw(url, case):
    result = {"text": "", "calls": [], "stop": None, "usage": [None, None]}
    calls = {}
    for chunk in openai_client(url, case).chat.completions.create(**WITH_USAGE, stream=True):
        if chunk.usage:
            result["usage"] = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens]
        for choice in chunk.choices:
            result["text"] += choice.delta.content or ""
            result["stop"] = choice.finish_reason or result["stop"]
            for piece in choice.delta.tool_calls or ():
                call = calls.setdefault(piece.index, [piece.id, piece.function.name, ""])
                call[2] += piece.function.arguments or ""
    result["calls"] = [parsed(call) for call in calls.values()]
    return result


def openai_helper(url, case):
    with openai_client(url, case).chat.completions.stream(**WITH_USAGE) as stream:
        completion = stream.get_final_completion()
    choice = completion.choices[0]
    calls = choice.message.tool_calls or ()
    usage = completion.usage
    return {
        "text": choice.message.content or "",
        "calls": [parsed([call.id, call.function.name, call.function.arguments]) for call in calls],
        "stop": choice.finish_reason,
        "usage": [usage and usage.prompt_tokens, usage and usage.completion_tokens],
    }


def parsed(call):
    """Return a call with its arguments as JSON. Text that is not JSON stays text, as a program would see it."""
    try:
        return [*call[:2], json.loads(call[2])]
    except ValueError:
        return call


MODES = {
    "anthropic": {"raw": anthropic_raw, "helper": anthropic_helper},
    "openai": {"raw": openai_raw, "helper": openai_helper},
}


def attempt(ask, url, case, limit):
    """Return a result, an error, or a hang."""
    box = []

    def run():
        try:
            box.append({"seen": ask(url, case)})
        except BaseException as error:
            kind = f"{type(error).__module__}.{type(error).__name__}"
            box.append({"error": kind.removeprefix("builtins."), "message": str(error)[:160]})

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit)
    return box[0] if box else {"hang": True}


def main():
    url, sdk, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
    cases = json.load(sys.stdin)
    results = {}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for mode, ask in MODES[sdk].items():
            attempt(ask, url, cases[0], 60)  # imports are slow, and are nobody's hang
            runs = {case: pool.submit(attempt, ask, url, case, limit) for case in cases}
            results[mode] = {case: run.result() for case, run in runs.items()}
    print(json.dumps(results))
    sys.stdout.flush()
    os._exit(0)  # threads that hang would hold the process


main()
