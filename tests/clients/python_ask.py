"""A Python SDK that asks what it is told to: `python_ask.py anthropic|openai`.

A line in is a question, {url, key, model, retries, stream}. A line out is what came of it: {"text": …}, or {"error":
class, "status": …, "text": what had come before}; or {"wait": seconds} where the SDK would sleep, which goes on when a
line comes back. node/ask.mjs speaks the same words.
"""

# mypy: ignore-errors
# No one set of types fits three majors of the SDKs: what runs here is checked by running it on each of them.

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from program import failure


def tell(**what: object) -> None:
    """Say a line."""
    print(json.dumps(what), flush=True)


def wait(seconds: float) -> None:
    """Instead of `time.sleep`: the asker decides how long that is."""
    tell(wait=seconds)
    sys.stdin.readline()


def anthropic_asker() -> Callable[..., Iterator[str]]:
    """Return a function that asks a question and yields the SDK's pieces of text."""
    import anthropic

    def ask(url: str, key: str, model: str, retries: int, stream: bool) -> Iterator[str]:
        client: Any = anthropic.Anthropic(api_key=key, base_url=url, max_retries=retries)
        said = client.messages.create(
            model=model, max_tokens=1024, messages=[{"role": "user", "content": "Hello"}], stream=stream
        )
        if not stream:
            yield said.content[0].text
            return
        for event in said:
            if event.type == "content_block_delta":
                yield event.delta.text

    return ask


def openai_asker() -> Callable[..., Iterator[str]]:
    """Return a function that asks a question and yields the SDK's pieces of text."""
    import openai

    def ask(url: str, key: str, model: str, retries: int, stream: bool) -> Iterator[str]:
        client: Any = openai.OpenAI(api_key=key, base_url=url + "/api/v1", max_retries=retries)
        said = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hello"}], stream=stream
        )
        if not stream:
            yield said.choices[0].message.content
            return
        for chunk in said:
            yield chunk.choices[0].delta.content or ""

    return ask


ASKERS = {"anthropic": anthropic_asker, "openai": openai_asker}


def main(sdk: str) -> None:
    """Answer every line."""
    ask = ASKERS[sdk]()
    for line in sys.stdin:
        text = ""
        try:
            for piece in ask(**json.loads(line)):
                text += piece
        except Exception as error:
            seen = failure(error)
            tell(error=seen["error"], status=seen["status"], text=text)
        else:
            tell(text=text)


if __name__ == "__main__":
    time.sleep = wait
    main(sys.argv[1])
