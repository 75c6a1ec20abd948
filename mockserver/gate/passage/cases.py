"""The cases: what a client asks, what the upstream answers, which facts must arrive, and why they matter.

A case is found again by its *mark*, which the user's message begins with: the scenario needs no session, so it answers
whatever key the gateway has, and however often it asks. A new case is one entry of `CASES`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mockserver.core.conversation import Conversation, Message, Text, Tool, ToolResult, ToolUse

CANCELLATION = "cancellation"
"""The case whose client leaves in the middle of the stream."""

UNICODE = (
    "Grüße 你好 שלום नमस्ते e\u0301 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1f3\U0001f1f4 "
    '\u2028 \U0001d518 \\u0041 "quoted" <b>&amp;</b> \u202eabc\u202c'
)
"""Text of several planes: an accent apart, joined emoji, a line separator, a reversed line, what looks escaped."""

LONG = " ".join([f"{number:04d}" for number in range(6_000)])
"""A text of 30,000 characters in which every word differs, so that a missing piece is seen."""

SIGNATURE = "c2lnbmF0dXJlIG9mIHRoZSB1cHN0cmVhbQ=="

SLOW = " ".join([f"word{number}" for number in range(8)])

WEATHER = Tool("get_weather", "The weather of a city.", {"type": "object", "properties": {"city": {"type": "string"}}})
TIME = Tool("get_time", "The time in a zone.", {"type": "object", "properties": {"zone": {"type": "string"}}})

ARGUMENTS = {"city": "Ål 👩‍👧", "days": [1, 2.5, None, True], "nested": {"quote": 'a "b" \\ c', "empty": {}}}

THINKS: Mapping[str, Mapping[str, object]] = {
    "anthropic": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    "openai": {"reasoning_effort": "low"},
}
USAGE: Mapping[str, Mapping[str, object]] = {"openai": {"stream_options": {"include_usage": True}}}
SAMPLING: Mapping[str, Mapping[str, object]] = {
    "anthropic": {"temperature": 0.5, "top_p": 0.25, "stop_sequences": ["<end>"]},
    "openai": {"temperature": 0.5, "top_p": 0.25, "stop": ["<end>"]},
}
CHOICES = 2

SEVERAL: Mapping[str, Mapping[str, object]] = {"openai": {"n": CHOICES}}
LOGPROBS: Mapping[str, Mapping[str, object]] = {"openai": {"logprobs": True, "top_logprobs": 2}}

IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel, as base64."""

IMAGE_MARK = "[image]"
SEES: Mapping[str, Mapping[str, object]] = {
    wire: {"messages": [{"role": "user", "content": [{"type": "text", "text": f"{IMAGE_MARK} What is it?"}, picture]}]}
    for wire, picture in {
        "anthropic": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}},
        "openai": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
    }.items()
}
"""Messages with a picture."""

UNKNOWN_FIELD = "x_unknown"
UNKNOWN: Mapping[str, Mapping[str, object]] = {wire: {UNKNOWN_FIELD: "kept"} for wire in ("anthropic", "openai")}
FORCED: Mapping[str, Mapping[str, object]] = {
    "anthropic": {"tool_choice": {"type": "tool", "name": "get_weather"}},
    "openai": {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
}


class PassageCase(NamedTuple):
    """One case.

    `turn` is the upstream's answer in the words of a scenario. `facts` are those of the answer, `request_facts` those
    of the request, by their names in `facts.py`. `extras` are fields of the request, by wire. `forms` says whether the
    case asks for a whole answer, a stream, or both, and `wires` on which wires.
    """

    name: str
    why: str
    turn: Mapping[str, Any]
    facts: Sequence[str] = ()
    request_facts: Sequence[str] = ()
    tools: Sequence[Tool] = ()
    history: Sequence[Message] = ()
    system: str = ""
    extras: Mapping[str, Mapping[str, object]] = {}
    forms: Sequence[str] = ("whole", "stream")
    wires: Sequence[str] = ("openai", "anthropic")

    @property
    def mark(self) -> str:
        """What the user's message begins with."""
        return f"[{self.name}]"

    def conversation(self, model: str, *, stream: bool) -> Conversation:
        """Return the question of the case."""
        first = Message("user", (Text(f"{self.mark} Please go on."),))
        return Conversation(
            model=model,
            messages=(first, *self.history),
            body={},
            system=self.system,
            tools=tuple(self.tools),
            stream=stream,
            max_tokens=8_000,
        )


def _error(status: int, why: str, **more: object) -> PassageCase:
    turn = {"error": {"status": status, "message": f"upstream said {status} for a reason", **more}}
    facts = ("status", "error message", *(("retry-after",) if "retry_after" in more else ()))
    return PassageCase(f"error-{status}", why, turn, facts)


CALL = {"tool_use": {"name": "get_weather", "input": ARGUMENTS}}
SECOND_CALL = {"tool_use": {"name": "get_time", "input": {"zone": "Europe/Oslo"}}}

CASES: tuple[PassageCase, ...] = (
    PassageCase(
        "text", "The plainest answer: if it does not arrive, nothing does.", {"reply": "Forty-two."}, ("text", "stop")
    ),
    PassageCase(
        "unicode", "A client shows and stores what the model wrote, to the character.", {"reply": UNICODE}, ("text",)
    ),
    PassageCase(
        "long-answer",
        "Buffers and limits of a gateway must not cut an answer.",
        {"reply": LONG, "usage": {"output": 7_500}},
        ("text", "stop"),
    ),
    PassageCase(
        "tool-call",
        "An agent runs the tool with these very arguments.",
        {"reply": [{"text": "I will look."}, CALL]},
        ("order", "calls", "stop"),
        tools=(WEATHER,),
    ),
    PassageCase(
        "parallel-tools",
        "Each result belongs to the id of its call.",
        {"reply": [CALL, SECOND_CALL]},
        ("calls", "call ids"),
        tools=(WEATHER, TIME),
    ),
    PassageCase(
        "tool-result",
        "The model can only go on from the history that reaches it.",
        {"reply": "It is cold."},
        ("text",),
        ("system", "history", "tools"),
        tools=(WEATHER,),
        system="You are brief. Ä",
        history=(
            Message("assistant", (ToolUse("get_weather", {"city": "Oslo"}, "toolu_0123456789"),)),
            Message("user", (ToolResult("toolu_0123456789", "-3 °C, snow ❄"),)),
        ),
        forms=("whole",),
    ),
    PassageCase(
        "forced-tool",
        "A client that forces a tool relies on getting its call.",
        {"reply": [CALL]},
        ("calls",),
        ("tool choice", "tools"),
        tools=(WEATHER, TIME),
        extras=FORCED,
        forms=("whole",),
    ),
    PassageCase(
        "sampling",
        "A setting that the gateway drops changes answers without a word to the client.",
        {"reply": "Sampled."},
        (),
        ("temperature", "top_p", "stop sequences", "max_tokens"),
        extras=SAMPLING,
        forms=("whole",),
    ),
    PassageCase(
        "image",
        "A model that gets no picture, or another one, answers all the same.",
        {"reply": "A pixel."},
        ("text",),
        ("image",),
        extras=SEES,
    ),
    PassageCase(
        "several-choices",
        "A client that asks for several choices compares them, and pays for each.",
        {"reply": "One of them."},
        ("choices",),
        extras=SEVERAL,
        wires=("openai",),
    ),
    PassageCase(
        "logprobs",
        "Judges and classifiers read the probabilities, not the text.",
        {"reply": "Yes, probably."},
        ("logprobs", "text"),
        extras=LOGPROBS,
        wires=("openai",),
    ),
    PassageCase(
        "unknown-request-field",
        "New parameters of a model should not wait for a release of the gateway.",
        {"reply": "Fine."},
        (),
        ("unknown field",),
        extras=UNKNOWN,
        forms=("whole",),
    ),
    PassageCase(
        "unknown-answer-field",
        "New fields of an answer should not wait for a release of the gateway.",
        {"reply": "Fine.", "faults": [{"field": {"path": UNKNOWN_FIELD, "value": "kept"}}]},
        ("unknown field",),
        forms=("whole",),
    ),
    PassageCase(
        "usage",
        "Bills and budgets are made from these counts.",
        {"reply": "Counted.", "usage": {"input": 1_234, "output": 567}},
        ("usage",),
        extras=USAGE,
    ),
    PassageCase(
        "cache-read",
        "Without it, nobody sees whether the prompt cache saves money.",
        {"reply": "Cached.", "usage": {"input": 2_100, "cache_read": 2_000, "output": 5}},
        ("usage", "cache"),
        extras=USAGE,
    ),
    PassageCase(
        "cache-write",
        "Tokens that are written to the cache have a price of their own.",
        {"reply": "Kept.", "usage": {"input": 2_100, "cache_write": 2_000, "output": 5}},
        ("usage", "cache"),
        extras=USAGE,
    ),
    PassageCase(
        "max-tokens",
        "A client must see that an answer is not finished.",
        {"reply": "And then", "stop": "max_tokens"},
        ("text", "stop"),
    ),
    PassageCase(
        "thinking",
        "Clients show thinking, and must send it back with its signature.",
        {"reply": [{"thinking": {"text": "They ask twice.", "signature": SIGNATURE}}, {"text": "Yes."}]},
        ("thinking", "signature", "text"),
        extras=THINKS,
    ),
    _error(400, "A request that cannot succeed must not look like an outage, or clients repeat it."),
    _error(401, "A gateway whose own key is refused must say so, as 401 or as a failure, and not answer."),
    _error(402, "An account without credits is no outage: repeating the request does not help."),
    _error(429, "Clients wait as long as `retry-after` says; without it they guess.", retry_after=2),
    _error(500, "A failure of the upstream must be a failure, with its reason."),
    _error(503, "Clients come back after `retry-after`; without it they guess.", retry_after=2),
    _error(529, "An overloaded model is a failure that passes: clients wait and repeat."),
    PassageCase(
        "incremental",
        "A person reads along; a gateway that collects the stream takes that away.",
        {"reply": SLOW, "pace": {"first": "20ms", "rate": "20/s", "chunk": "word"}},
        ("pace", "text"),
        forms=("stream",),
    ),
    PassageCase(
        "cut-stream",
        "An answer that broke off must not look whole.",
        {"reply": SLOW, "faults": [{"reset": {"at": 6}}]},
        ("end",),
        forms=("stream",),
    ),
    PassageCase(
        "error-in-stream",
        "An error after the 200 must not look like the end of the answer.",
        {"reply": SLOW, "faults": ["error_event"]},
        ("end",),
        forms=("stream",),
    ),
    PassageCase(
        CANCELLATION,
        "A gateway that reads on when its client has left pays for words that nobody gets.",
        {"reply": LONG[:2_000], "pace": {"first": "20ms", "rate": "20/s", "chunk": "word"}},
        forms=("stream",),
    ),
)
"""Every case, in the order in which they are asked. The first decides whether a wire is offered."""
