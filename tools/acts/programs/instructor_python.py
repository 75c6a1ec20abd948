"""instructor: structured output by `from_provider`, and its plain answers. See program.py."""

# mypy: ignore-errors
# ruff: noqa: D103 - the verbs of a table, named after what they do

import instructor
from program import CLAUDE, GPT, HELLO, IN_OSLO, Weather, main

MODELS = {"anthropic": f"anthropic/{CLAUDE}", "openai": f"openai/{GPT}"}


def verbs(wire):
    def client():
        return instructor.from_provider(MODELS[wire])

    def asked(content):
        messages = [{"role": "user", "content": content}]
        return {"messages": messages, "response_model": Weather} | ({"max_tokens": 1024} if wire == "anthropic" else {})

    def structured():
        return {"parsed": client().chat.completions.create(**asked(IN_OSLO)).model_dump()}

    def text():
        answer = client().chat.completions.create(**asked(HELLO) | {"response_model": None})
        return {"text": answer.content[0].text if wire == "anthropic" else answer.choices[0].message.content}

    return {"text": text, "structured": structured}


main({wire: verbs(wire) for wire in MODELS})
