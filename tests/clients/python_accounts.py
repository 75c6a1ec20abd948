"""A Python SDK and an account: what it sees when keys, tokens, plans, windows and credits end.

`python_accounts.py BASE_URL anthropic|openai`. The mock's clock and balance are the test's. What the program wants of
them it says on standard output, one JSON array a line, and goes on when a line comes back: `["wait", seconds]` where
the SDK would sleep, `["top_up", credits]`, `["advance", seconds]`. The last line is `["done", what it saw]`.
"""

# mypy: ignore-errors
# No one set of types fits three majors of the SDKs: what runs here is checked by running it on each of them.

import json
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from program import failure


def tell(*what: object) -> None:
    """Say a line; go on when it was read."""
    print(json.dumps(what), flush=True)
    if what[0] != "done":
        sys.stdin.readline()


def caller(sdk: str, base_url: str) -> Callable[..., str]:
    """A function that asks the SDK for one answer's text."""
    if sdk == "anthropic":
        import anthropic

        def ask(key: str, model: str = "qwen-7b", retries: int = 0) -> str:
            client: Any = anthropic.Anthropic(api_key=key, base_url=base_url, max_retries=retries)
            said = client.messages.create(model=model, max_tokens=100, messages=[{"role": "user", "content": "Hello"}])
            return str(said.content[0].text)

    else:
        import openai

        def ask(key: str, model: str = "qwen-7b", retries: int = 0) -> str:
            client: Any = openai.OpenAI(api_key=key, base_url=base_url + "/api/v1", max_retries=retries)
            said = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello"}])
            return str(said.choices[0].message.content)

    return ask


def post(url: str, **body: str) -> Any:
    """The JSON that a POST gives."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def balance(base_url: str, key: str) -> Any:
    """What is left."""
    request = urllib.request.Request(base_url + "/api/v1/public/credits/balance", headers={"x-api-key": key})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["remaining_credits"]


def main(base_url: str, sdk: str) -> dict[str, object]:
    """Everything that it saw, in order."""
    ask = caller(sdk, base_url)

    def attempt(*given: Any, **more: Any) -> object:
        try:
            return ask(*given, **more)
        except Exception as error:
            seen = failure(error)
            return [seen["error"], seen["status"]]

    seen: dict[str, object] = {}
    seen["refused key"] = attempt("sk-ant-api03-x")
    seen["model of another plan"] = attempt("sk_three", "claude-opus-4")
    seen["unknown model"] = attempt("sk_three", "no-such-model")
    run_out: list[object] = []
    for _ in range(3):
        run_out += [attempt("sk_three"), balance(base_url, "sk_three")]
    tell("top_up", 5)
    seen["run out"] = [*run_out, attempt("sk_three"), balance(base_url, "sk_three")]
    token = post(base_url + "/api/v1/auth/login", email="jo@example.com", password="secret")
    before = attempt(token["access_token"])
    tell("advance", 86_400)
    expired = attempt(token["access_token"])
    fresh = post(base_url + "/api/v1/auth/refresh", refresh_token=token["refresh_token"])
    seen["token"] = [before, expired, attempt(fresh["access_token"])]
    first = attempt("sk_slow")
    tell("advance", 3.4)
    seen["window"] = [first, attempt("sk_slow"), attempt("sk_slow", retries=2)]
    return seen


if __name__ == "__main__":
    time.sleep = lambda seconds: tell("wait", seconds)
    tell("done", main(*sys.argv[1:3]))
