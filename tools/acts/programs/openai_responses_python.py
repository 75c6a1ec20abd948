"""The official `openai` package, on the Responses API. See program.py."""

# mypy: ignore-errors
# ruff: noqa: D103 - the verbs of a table, named after what they do

import json

import openai
from program import BRIEF, GPT, HELLO, IN_OSLO, LOOK, PICTURE, QUESTION, READ_FILE, REASONER, FileReader, Weather, main

TOOL = {"type": "function", "name": "read_file", "description": "Read a file.", "parameters": READ_FILE, "strict": True}


def ask(asked=HELLO, **more):
    return openai.OpenAI().responses.create(**{"model": GPT, "input": asked, **more})


def streamed(asked, **more):
    with openai.OpenAI().responses.stream(model=GPT, input=asked, **more) as events:
        return events.get_final_response()


def stream():
    pieces = [event.delta for event in ask(stream=True) if event.type == "response.output_text.delta"]
    return {"text": "".join(pieces), "pieces": len(pieces)}


def repeated(asked, response, results):
    """Return the next request of a client that keeps the conversation itself."""
    return {"asked": [*asked, *response.output, *results]}


def continued(asked, response, results):
    """Return the next request of a client that lets the gateway keep the conversation."""
    return {"asked": results, "previous_response_id": response.id}


def loop(ask, go_on=repeated):
    reader, asked = FileReader(), [{"role": "user", "content": QUESTION}]
    response = ask(asked, tools=[TOOL])
    while calls := [item for item in response.output if item.type == "function_call"]:
        results = [
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": reader.read_file(**json.loads(call.arguments)),
            }
            for call in calls
        ]
        following = go_on(asked, response, results)
        response, asked = ask(**following, tools=[TOOL]), following["asked"]
    return reader.seen(response.output_text)


def structured():
    response = openai.OpenAI().responses.parse(model=GPT, input=IN_OSLO, text_format=Weather)
    return {"parsed": response.output_parsed.model_dump()}


def thinking():
    response = ask(model=REASONER, reasoning={"effort": "low", "summary": "auto"})
    summaries = [part.text for item in response.output if item.type == "reasoning" for part in item.summary]
    return {"text": response.output_text, "thinking": "".join(summaries)}


def caching():
    usages = [ask(instructions=BRIEF).usage for _ in range(2)]
    return {"cached": [usage.input_tokens_details.cached_tokens for usage in usages]}


def vision():
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}", "detail": "auto"}
    content = [{"type": "input_text", "text": LOOK}, image]
    return {"text": ask([{"role": "user", "content": content}]).output_text}


main(
    {
        "responses": {
            "text": lambda: {"text": ask().output_text},
            "stream": stream,
            "tools": lambda: loop(ask),
            "parallel": lambda: loop(streamed),
            "structured": structured,
            "thinking": thinking,
            "caching": caching,
            "vision": vision,
            "threads": lambda: loop(ask, continued),
        }
    }
)
