"""An agent in Python: it streams, calls tools until the model calls no more, and asks again when an answer breaks."""

import sys
from collections.abc import Callable
from typing import Any

import anthropic

TOOLS: dict[str, Callable[..., str]] = {
    "read_file": lambda path: "42" if path == "/x" else f"there is no {path}",
}
OFFER = [{"name": name, "input_schema": {"type": "object"}} for name in TOOLS]
TRIES = 3
ROUNDS = 20


class NoCredits(Exception):
    """The account is empty; asking again helps only when somebody paid."""


def answer(question: str, client: anthropic.Anthropic | None = None) -> str:
    """Return the model's last words about a question."""
    client = client or anthropic.Anthropic(max_retries=4)  # ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY
    messages: list[Any] = [{"role": "user", "content": question}]
    for _ in range(ROUNDS):
        message = ask(client, messages)
        messages.append({"role": "assistant", "content": message.content})
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return "".join(block.text for block in message.content if block.type == "text")
        messages.append({"role": "user", "content": [result(call.id, call.name, call.input) for call in calls]})
    raise RuntimeError(f"the model still calls tools after {ROUNDS} rounds")


def ask(client: anthropic.Anthropic, messages: list[Any]) -> anthropic.types.Message:
    """Return one whole answer. The SDK waits and retries after a 429; a stream that breaks is for us to ask again."""
    for attempt in range(TRIES):
        try:
            with client.messages.stream(
                model="qwen-coder-32b", max_tokens=1024, messages=messages, tools=OFFER
            ) as stream:
                message = stream.get_final_message()
        except anthropic.APIStatusError as error:
            if error.status_code == 402:
                raise NoCredits(error.message) from error
            raise
        except Exception:  # a cut or garbled stream: an error of the SDK, of its HTTP library, or of json
            message = None
        if message is not None and message.stop_reason is not None:
            return message  # without a stop reason the stream was cut, though it ended well on the wire
        print(f"the answer broke off, try {attempt + 2}", file=sys.stderr)
    raise ConnectionError(f"{TRIES} answers broke off")


def result(call: str, name: str, arguments: Any) -> dict[str, Any]:
    """Return the result of a tool call. A model can name a tool that does not exist; the result says so."""
    try:
        return {"type": "tool_result", "tool_use_id": call, "content": TOOLS[name](**arguments)}
    except (KeyError, TypeError) as error:
        return {"type": "tool_result", "tool_use_id": call, "is_error": True, "content": f"this call failed: {error}"}


if __name__ == "__main__":
    print(answer(sys.argv[1]))
