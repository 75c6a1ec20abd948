"""A load test with Locust: two kinds of users chat with a gateway, and know a bad answer from a good one.

    mockserver serve --quiet --chaos flaky
    locust --locustfile examples/load/locustfile.py --headless --users 20 --spawn-rate 20 --host http://127.0.0.1:8000

It ends after LOAD_REQUESTS requests (1,000 by default). Ask no gateway of others that often.
"""

import json
import os
from itertools import count
from typing import Any

import gevent
from locust import HttpUser, constant, events, task
from locust.env import Environment
from requests import RequestException, Response

MOST = int(os.environ.get("LOAD_REQUESTS", "1000"))
BODY = {"model": "qwen-coder-32b", "max_tokens": 200, "messages": [{"role": "user", "content": "Say hello."}]}

numbers = count(1)


class Chat(HttpUser):
    """A user who asks, reads the answer, and asks again; each has a session of its own by its key."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Choose a key."""
        self.client.headers["authorization"] = f"Bearer sk_load_{next(numbers)}"

    @task(3)
    def whole(self) -> None:
        """Ask for a whole answer."""
        with self.client.post("/api/v1/chat/completions", json=BODY, name="whole", catch_response=True) as response:
            if response.ok and not response.json()["choices"][0]["message"]["content"]:
                response.failure("an answer without content")

    @task(1)
    def stream(self) -> None:
        """Ask for a stream, and miss its end if it is cut."""
        body = {**BODY, "stream": True}
        with self.client.post(
            "/api/v1/chat/completions", json=body, name="stream", stream=True, catch_response=True
        ) as response:
            if response.ok and not finished(response):
                response.failure("the stream was cut")


def finished(response: Response) -> bool:
    """Read a stream; return whether it has a finish reason and its last line."""
    try:
        lines = [line for line in response.iter_lines() if line]
    except RequestException:
        return False
    chunks = [json.loads(line.removeprefix(b"data: ")) for line in lines[:-1]]
    reasons = [choice.get("finish_reason") for chunk in chunks for choice in chunk.get("choices", [])]
    return lines[-1:] == [b"data: [DONE]"] and any(reasons)


@events.init.add_listener
def stop_after_enough(environment: Environment, **_: Any) -> None:
    """Stop the run when MOST requests were made."""
    made = count(1)

    def counted(**_: Any) -> None:
        if next(made) == MOST and environment.runner is not None:
            gevent.spawn(environment.runner.quit)  # not here: this greenlet is one of those that end

    environment.events.request.add_listener(counted)
