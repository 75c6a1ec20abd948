"""Recorded exchanges for tests: made from the engine's own answers, without a socket."""

from collections.abc import Sequence

import orjson
from pydantic import JsonValue

from mockserver.core.actions import Actions, Close, Data, Head, Reset, Wait
from mockserver.engine.request import Request
from mockserver.recording.exchange import Ended, Frame, RecordedExchange
from tests.support.engine import CHAT, KEY, MESSAGES, Talk

PATHS = {"anthropic": MESSAGES, "openai": CHAT, "openai_responses": "/api/v1/responses"}


def exchange_of(request: Request, actions: Actions, retry: int = 0) -> RecordedExchange:
    """Return an answer as a recorder sees it that stands between the client and the gateway."""
    head = next((action for action in actions if isinstance(action, Head)), None)
    now, first = 0.0, 0.0
    ended: Ended = "complete" if head is not None else "no_answer"
    frames: list[Frame] = []
    for action in actions:
        if isinstance(action, Wait):
            now += action.seconds
        elif isinstance(action, Head):
            first = now
        elif isinstance(action, Data):
            frames.append(Frame(now, action.payload))
        elif isinstance(action, Close | Reset):
            ended = ("closed" if isinstance(action, Close) else "reset") if head is not None else ended
    return RecordedExchange(
        method=request.method,
        path=request.path,
        headers=request.headers,
        body=request.body,
        status=head.status if head is not None else 0,
        response_headers=dict(head.headers) if head is not None else {},
        first=first,
        frames=tuple(frames),
        ended=ended,
        retry=retry,
    )


def ask(wire: str, messages: Sequence[JsonValue], *, stream: bool = False, **fields: JsonValue) -> Request:
    """Return a request on a wire."""
    body: dict[str, JsonValue] = {"model": "claude-sonnet-4-5", "stream": stream, **fields}
    if wire == "openai_responses":
        body = {"max_output_tokens": body.pop("max_tokens", 1000), **body, "input": list(messages)}
    else:
        body = {"max_tokens": 1000, **body, "messages": list(messages)}
    return Request("POST", PATHS[wire], {**KEY, "content-type": "application/json"}, orjson.dumps(body))


def said(text: str) -> list[JsonValue]:
    """Return a conversation of one message."""
    return [{"role": "user", "content": text}]


class Recorder:
    """A client that asks a session and records every exchange."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.exchanges: list[RecordedExchange] = []

    def ask(self, request: Request, retry: int = 0) -> RecordedExchange:
        """Send a request, and return the exchange."""
        self.talk.session, decision = self.talk.engine.step(self.talk.session, request, self.talk.now)
        self.exchanges.append(exchange_of(request, decision.actions, retry))
        return self.exchanges[-1]
