"""The official `anthropic` package. See program.py."""

# mypy: ignore-errors
# No one set of types fits the majors of the SDK: what runs here is checked by running it on each of them.
# ruff: noqa: D103 - the verbs of a table, named after what they do

import anthropic
from program import BRIEF, CLAUDE, HELLO, IN_OSLO, LOOK, PICTURE, QUESTION, READ_FILE, FileReader, Weather, main

TOOL = {"name": "read_file", "description": "Read a file.", "input_schema": READ_FILE}


def request(content=HELLO, **more):
    return {"model": CLAUDE, "max_tokens": 2048, "messages": [{"role": "user", "content": content}], **more}


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def text():
    return {"text": text_of(anthropic.Anthropic().messages.create(**request()))}


def stream():
    with anthropic.Anthropic().messages.stream(**request()) as events:
        pieces = list(events.text_stream)
    return {"text": "".join(pieces), "pieces": len(pieces)}


def whole(client, **arguments):
    return client.messages.create(**arguments)


def streamed(client, **arguments):
    with client.messages.stream(**arguments) as events:
        return events.get_final_message()


def loop(ask):
    client, reader, asked = anthropic.Anthropic(), FileReader(), request(QUESTION, tools=[TOOL])
    message = ask(client, **asked)
    while message.stop_reason == "tool_use":
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": reader.read_file(**block.input)}
            for block in message.content
            if block.type == "tool_use"
        ]
        said = {"role": "assistant", "content": message.content}
        asked["messages"] = [*asked["messages"], said, {"role": "user", "content": results}]
        message = ask(client, **asked)
    return reader.seen(text_of(message))


def structured():
    message = anthropic.Anthropic().messages.parse(**request(IN_OSLO), output_format=Weather)
    return {"parsed": message.parsed_output.model_dump()}


def thinking():
    asked = request(thinking={"type": "enabled", "budget_tokens": 1024})
    message = anthropic.Anthropic().messages.create(**asked)
    thought = "".join(block.thinking for block in message.content if block.type == "thinking")
    return {"text": text_of(message), "thinking": thought}


def caching():
    system = [{"type": "text", "text": BRIEF, "cache_control": {"type": "ephemeral"}}]
    client = anthropic.Anthropic()
    usages = [client.messages.create(**request(system=system)).usage for _ in range(2)]
    return {"cached": [usage.cache_read_input_tokens for usage in usages]}


def vision():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}
    message = anthropic.Anthropic().messages.create(**request([image, {"type": "text", "text": LOOK}]))
    return {"text": text_of(message)}


def threads():
    reader = FileReader()
    tool = anthropic.beta_tool(reader.read_file)
    runner = anthropic.Anthropic().beta.messages.tool_runner(**request(QUESTION), tools=[tool])
    return reader.seen(text_of(runner.until_done()))


main(
    {
        "anthropic": {
            "text": text,
            "stream": stream,
            "tools": lambda: loop(whole),
            "parallel": lambda: loop(streamed),
            "structured": structured,
            "thinking": thinking,
            "caching": caching,
            "vision": vision,
            "threads": threads,
        }
    }
)
