"""The official `openai` package, on chat completions. See program.py."""

# mypy: ignore-errors
# No one set of types fits the majors of the SDK: what runs here is checked by running it on each of them.
# ruff: noqa: D103 - the verbs of a table, named after what they do

import json

import openai
from program import BRIEF, GPT, HELLO, IN_OSLO, LOOK, PICTURE, QUESTION, READ_FILE, REASONER, FileReader, Weather, main

TOOL = {
    "type": "function",
    "function": {"name": "read_file", "description": "Read a file.", "parameters": READ_FILE},
}


def request(content=HELLO, **more):
    return {"model": GPT, "messages": [{"role": "user", "content": content}], **more}


def completions():
    return openai.OpenAI().chat.completions


def whole(**arguments):
    return completions().create(**arguments).choices[0].message


def streamed(**arguments):
    with completions().stream(**arguments) as events:
        return events.get_final_completion().choices[0].message


def stream():
    chunks = completions().create(**request(), stream=True)
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    return {"text": "".join(pieces), "pieces": len(pieces)}


def loop(ask):
    reader, asked = FileReader(), request(QUESTION, tools=[TOOL])
    message = ask(**asked)
    while message.tool_calls:
        results = [
            {
                "role": "tool",
                "tool_call_id": call.id,
                "content": reader.read_file(**json.loads(call.function.arguments)),
            }
            for call in message.tool_calls
        ]
        asked["messages"] = [*asked["messages"], message, *results]
        message = ask(**asked)
    return reader.seen(message.content)


def structured():
    message = completions().parse(**request(IN_OSLO), response_format=Weather).choices[0].message
    return {"parsed": message.parsed.model_dump()}


def thinking():
    message = whole(**request(model=REASONER, reasoning_effort="low"))
    return {"text": message.content, "thinking": getattr(message, "reasoning_content", "")}


def caching():
    messages = [{"role": "system", "content": BRIEF}, {"role": "user", "content": HELLO}]
    usages = [completions().create(**request() | {"messages": messages}).usage for _ in range(2)]
    return {"cached": [usage.prompt_tokens_details.cached_tokens for usage in usages]}


def vision():
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
    return {"text": whole(**request([{"type": "text", "text": LOOK}, image])).content}


main(
    {
        "openai": {
            "text": lambda: {"text": whole(**request()).content},
            "stream": stream,
            "tools": lambda: loop(whole),
            "parallel": lambda: loop(streamed),
            "structured": structured,
            "thinking": thinking,
            "caching": caching,
            "vision": vision,
        }
    }
)
