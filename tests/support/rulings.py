"""What the tests of the rulings share: a table of topics, the routes of the documents, and a scenario in a word."""

from collections.abc import Callable

from tests.support.engine import Talk, script

LATER: dict[str, int] = {
    "JWT": 5,
    "model on a plan that lacks it": 5,
    "tool call limits for open models": 5,
    "plan names": 5,
    "rate limits": 5,
    "credits per token": 5,
    "base URLs": 7,
}
"""Topics that need what comes later -> the issue that brings it."""

D0 = "/api/v1/public/chat/completions"
D3 = "/v1/public/chat/completions"
MANAGED = "/api/v1/managed/chat/completions"


class Rulings(dict[str, Callable[[], None]]):
    """Topics, each with its test."""

    def __call__(self, topic: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
        """Enter the test of a topic."""

        def enter(test: Callable[[], None]) -> Callable[[], None]:
            self[topic] = test
            return test

        return enter


def play(turns: str) -> Talk:
    """Return a talk with a scenario of these turns."""
    return Talk(script(f"scenario: test\nturns:\n{turns}"))
