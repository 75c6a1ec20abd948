"""litellm: one function for every provider. See program.py."""

# mypy: ignore-errors
# ruff: noqa: D103 - the verbs of a table, named after what they do

import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "true"  # else it fetches its prices when it is imported

import litellm
from program import (
    BRIEF,
    CLAUDE,
    GPT,
    HELLO,
    IN_OSLO,
    LOOK,
    PICTURE,
    QUESTION,
    READ_FILE,
    REASONER,
    FileReader,
    Weather,
    main,
)

MODELS = {"anthropic": f"anthropic/{CLAUDE}", "openai": f"openai/{GPT}"}
REASONERS = {**MODELS, "openai": f"openai/{REASONER}"}
TOOL = {
    "type": "function",
    "function": {"name": "read_file", "description": "Read a file.", "parameters": READ_FILE},
}


def verbs(wire):
    def ask(content=HELLO, messages=None, model=MODELS[wire], **more):
        return litellm.completion(model, messages or [{"role": "user", "content": content}], **more)

    def whole(messages, **more):
        return ask(messages=messages, **more).choices[0].message

    def streamed(messages, **more):
        chunks = list(ask(messages=messages, stream=True, **more))
        return litellm.stream_chunk_builder(chunks, messages=messages).choices[0].message

    def stream():
        pieces = [chunk.choices[0].delta.content or "" for chunk in ask(stream=True)]
        return {"text": "".join(pieces), "pieces": len(pieces)}

    def loop(ask):
        reader, messages = FileReader(), [{"role": "user", "content": QUESTION}]
        message = ask(messages, tools=[TOOL])
        while message.tool_calls:
            results = [
                {
                    "role": "tool",
                    "tool_call_id": call.id,
                    "content": reader.read_file(**json.loads(call.function.arguments)),
                }
                for call in message.tool_calls
            ]
            messages = [*messages, message, *results]
            message = ask(messages, tools=[TOOL])
        return reader.seen(message.content)

    def thinking():
        message = ask(model=REASONERS[wire], reasoning_effort="low").choices[0].message
        return {"text": message.content, "thinking": getattr(message, "reasoning_content", "")}

    def caching():
        prompt = [{"type": "text", "text": BRIEF, "cache_control": {"type": "ephemeral"}}]
        system = {"role": "system", "content": prompt if wire == "anthropic" else BRIEF}
        usages = [ask(messages=[system, {"role": "user", "content": HELLO}]).usage for _ in range(2)]
        return {"cached": [usage.prompt_tokens_details.cached_tokens for usage in usages]}

    def vision():
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
        return {"text": ask([{"type": "text", "text": LOOK}, image]).choices[0].message.content}

    def structured():
        return {"parsed": json.loads(ask(IN_OSLO, response_format=Weather).choices[0].message.content)}

    return {
        "text": lambda: {"text": ask().choices[0].message.content},
        "stream": stream,
        "tools": lambda: loop(whole),
        "parallel": lambda: loop(streamed),
        "structured": structured,
        "thinking": thinking,
        "caching": caching,
        "vision": vision,
    }


main({wire: verbs(wire) for wire in MODELS})
