"""The scenario language: what a scenario file may say, as pydantic models.

A scenario is a list of turns. For each request the mock uses the first turn with plays left whose conditions all
match. A turn without `when` matches every messages or chat request, and `times` is 1 by default; so a plain list is a
script that is played in order, and `when` with `times: always` makes rules.

Rules:

- An unknown key is an error in every model.
- A bare value means equality (`model` and `path` take globs). A weaker test has a name: `text: {contains: weather}`.
- Both wires use the same words: `stop: tool_use` is rendered as `finish_reason: tool_calls` on the OpenAI wire.
- A short form means the same as its long form: `reply: hi` is `reply: [{text: hi}]`.

These models check each value alone. `validate.py` checks what needs the contract or several turns; `compile.py` checks
templates, patterns and faults. The keys of `when` are in `when.py` and `matchers/`.
"""

from datetime import date
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from mockserver.accounts.schema import Account
from mockserver.core.conversation import Stop
from mockserver.core.distribution import Fixed, Spread
from mockserver.core.unit_fields import Days, Duration, Rate, Share, Times
from mockserver.scenarios.base_model import OneOrMore, ScenarioModel
from mockserver.scenarios.exam_header import ExamHeader
from mockserver.scenarios.script import NEXT
from mockserver.scenarios.when import When
from mockserver.wires.threads import ThreadPolicy


def _as_text(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class ToolUseBlock(ScenarioModel):
    """A tool call in a reply. Without `input`, the mock generates arguments from the schema of the offered tool."""

    name: str | None = Field(
        None,
        min_length=1,
        max_length=128,
        pattern=r"^[a-zA-Z0-9_-]+$",
        description="The tool; without it the one that the client demands, else the first that it offers.",
    )
    input: dict[str, JsonValue] | None = None
    id: str | None = Field(None, min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_-]+$")


class ThinkingBlock(ScenarioModel):
    """What the model thinks before it answers. A bare string is its text."""

    text: str = Field(min_length=1, description="The thinking; {{names}} are replaced.")
    signature: str | None = Field(
        None, min_length=1, max_length=10_000, description="The signature, where the wire has one; derived if missing."
    )
    redacted: bool = Field(False, description="Keep the text from the client: it gets the signature alone.")


class ReplyBlock(ScenarioModel):
    """One block of a reply: `text`, `tool_use`, `thinking`, `json`, `refusal` or `default`. A bare string is a text."""

    text: str | None = Field(None, description="Text; {{names}} are replaced.")
    tool_use: ToolUseBlock | None = Field(None, description="A call of a tool.")
    thinking: Annotated[ThinkingBlock, BeforeValidator(_as_text)] | None = Field(
        None, description="What the model thinks; a bare string is its text."
    )
    json_: JsonValue = Field(
        None, alias="json", description="A value that is sent as JSON text; {{names}} in texts are replaced."
    )
    refusal: str | None = Field(
        None, min_length=1, description="The words with which the model refuses; {{names}} are replaced."
    )
    default: Literal[True] | None = Field(
        None, description="What the mock says without a scenario: a text, the JSON or the tool call that is asked for."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum([getattr(self, name) is not None for name in type(self).model_fields]) != 1:
            keys = [field.alias or name for name, field in type(self).model_fields.items()]
            raise ValueError(f"expected exactly one of {', '.join(keys)}")
        return self


class ErrorReply(ScenarioModel):
    """An error answer: the documented body and headers of `status`, with overrides."""

    status: int = Field(ge=400, le=599, description="The HTTP status.")
    retry_after: int | None = Field(None, ge=0, description="Seconds in the retry-after header; 1 on a 429.")
    code: str | None = Field(None, description="The error code for programs, such as insufficient_credits.")
    type: str | None = Field(None, description="The dialect's error type.")
    message: str | None = Field(None, description="The message for people; {{names}} are replaced.")


_AT_ONCE = Fixed(value=0.0)


class Pace(ScenarioModel):
    """The timing of a reply. Without it everything is sent at once. Each time is a value or a distribution."""

    first: Spread = Field(_AT_ONCE, description="Time until the first token, response headers included.")
    rate: Rate | None = Field(None, description="Deltas per unit of time after the first: 40/s.")
    interval: Spread | None = Field(None, description="Time between two deltas, instead of a rate.")
    jitter: Share = Field(0.0, description="How far each interval may vary, seeded: 10%.")
    cold_start: Duration | None = Field(
        None, description="Return 503 (model loading) until the session reaches this age; the turn is not used up."
    )
    chunk: Literal["word", "character", "whole"] = Field("word", description="The size of one delta.")

    @model_validator(mode="after")
    def _has_one_rate(self) -> Self:
        if self.rate is not None and self.interval is not None:
            raise ValueError("expected rate or interval, not both")
        return self

    @property
    def has_interval(self) -> bool:
        """Whether time passes between two deltas."""
        return self.interval is not None or self.rate is not None

    @property
    def steady(self) -> tuple[float, float] | None:
        """The first wait and the interval in seconds, if they are the same each time; None if they are drawn."""
        if self.jitter or not isinstance(self.first, Fixed):
            return None
        if self.interval is not None:
            return (self.first.value, self.interval.value) if isinstance(self.interval, Fixed) else None
        return self.first.value, 0.0 if self.rate is None else 1.0 / self.rate

    @property
    def takes_time(self) -> bool:
        """Whether an answer at this pace waits at all."""
        return self.has_interval or self.first != _AT_ONCE


FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    for name in headers:
        if name.lower() in FRAMING:
            raise ValueError(
                f"'{name}' is set by the server; to break the framing of a body, use a fault (see `mockserver faults`)"
            )
    return headers


HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", max_length=100)]
HeaderValue = Annotated[str, Field(pattern=r"^[\t\x20-\x7e\x80-\xff]*$", max_length=4000)]
SentHeaders = Annotated[dict[HeaderName, HeaderValue], AfterValidator(_sendable)]


class RawResponse(ScenarioModel):
    """A raw response, for any operation. A body that is not text is sent as JSON."""

    status: int = Field(200, ge=200, le=599, description="The HTTP status.")
    headers: SentHeaders = Field(default={}, description="Headers; content-type is derived from the body if missing.")
    body: JsonValue = Field("", description="Text, or a value that is sent as JSON; {{names}} in texts are replaced.")


class UsageOverride(ScenarioModel):
    """Token counts to report instead of the counted ones.

    `thinking` is a part of `output`; `cache_read` and `cache_write` are parts of `input`, `cache_write_1h` is one of
    `cache_write`. Where one of those three is set, the others are 0 unless they are set too.
    """

    input: int | None = Field(None, ge=0)
    output: int | None = Field(None, ge=0)
    thinking: int | None = Field(None, ge=0)
    cache_read: int | None = Field(None, ge=0, description="How many input tokens come from the prompt cache.")
    cache_write: int | None = Field(None, ge=0, description="How many input tokens are put into the prompt cache.")
    cache_write_1h: int | None = Field(None, ge=0, description="How many of those are kept for an hour.")

    @property
    def cached(self) -> int | None:
        """The input tokens that are read from the cache or written to it; None if the file says nothing of them."""
        parts = (self.cache_read, self.cache_write, self.cache_write_1h)
        return None if parts == (None, None, None) else (self.cache_read or 0) + (self.cache_write or 0)

    @model_validator(mode="after")
    def _has_its_parts(self) -> Self:
        if self.input is not None and (self.cached or 0) > self.input:
            raise ValueError(f"cache_read and cache_write are parts of input: {self.cached} is more than {self.input}")
        if (self.cache_write_1h or 0) > (self.cache_write or 0):
            raise ValueError(
                f"cache_write_1h is a part of cache_write; set cache_write to at least {self.cache_write_1h}"
            )
        return self


Replay: TypeAlias = Literal["meaning", "exact"]


class Turn(ScenarioModel):
    """One turn: when it answers, with what, how often and how fast."""

    when: When = When()
    reply: Annotated[list[Annotated[ReplyBlock, BeforeValidator(_as_text)]], OneOrMore] | None = Field(
        None,
        description="Blocks in order: text, tool_use, thinking, json, refusal or default; a string is one text block.",
    )
    error: ErrorReply | None = Field(None, description="An error answer.")
    response: RawResponse | None = Field(None, description="A raw response, for any operation.")
    times: Times = Field(1, description="The number of plays, or always.")
    pace: Pace | None = Field(None, description="The timing of the reply.")
    faults: list[str | dict[str, JsonValue]] = Field(
        default_factory=list, description="Faults to apply, in order; see `mockserver faults`."
    )
    usage: UsageOverride | None = Field(None, description="Token counts to report.")
    stop: Stop | None = Field(None, description="The stop reason to report.")
    id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9]{1,64}$", description="The id of the reply, without the prefix of the wire."
    )
    headers: SentHeaders = Field(default={}, description="Headers to add or replace.")
    then: str | None = Field(None, description="The named state of the session after this turn.", min_length=1)
    must: bool = Field(False, description="Fail a test that ends before this turn was played.")
    replay: Replay | None = Field(
        None, description="Send the bytes that were recorded, at their times (exact); as the scenario says if missing."
    )

    @model_validator(mode="after")
    def _answers_once(self) -> Self:
        answers = [name for name in ("reply", "error", "response") if getattr(self, name) is not None]
        if len(answers) != 1:
            raise ValueError(f"expected exactly one of reply, error, response; got {' and '.join(answers) or 'none'}")
        if self.reply is None:
            extra = sorted(self.model_fields_set & {"usage", "stop", "pace", "id"})
            if extra:
                raise ValueError(f"{', '.join(extra)} cannot be combined with {answers[0]}; only a reply has it")
        return self


def _is_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("expected a date such as 2026-01-31") from None


def _as_seed(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _not_reserved(name: str) -> str:
    if name == NEXT:
        raise ValueError("'next' is reserved for queued answers; choose another name")
    return name


class Scenario(ScenarioModel):
    """A scenario file."""

    scenario: Annotated[str, AfterValidator(_not_reserved)] = Field(
        min_length=1,
        max_length=64,
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="Its name: lower case, digits, dashes.",
    )
    about: str = Field("", description="One sentence for lists of scenarios.")
    seed: Annotated[str, BeforeValidator(_as_seed)] | None = Field(
        None, description="Seed for all random choices; the server's seed if missing."
    )
    after: Literal["fail", "repeat", "restart", "default"] = Field(
        "fail",
        description="When every turn is used up: fail, repeat the last turn that matches, restart from the first, "
        "or give the default answer, as without a scenario.",
    )
    tools: dict[str, dict[str, JsonValue]] = Field(
        default={},
        description="JSON Schemas of tool inputs by the name of the tool: calls in replies are checked against them.",
    )
    account: Account | None = Field(
        None, description="The account of every session that plays the scenario; see docs/accounts.md."
    )
    lenient: bool = Field(
        False,
        description="Accept requests that are refused for their form alone: no provider, no model, nulls.",
    )
    threads: ThreadPolicy | None = Field(
        None,
        description="Message threads (a beta of Anthropic's SDKs): refuse them as unsupported, keep them in the "
        "session, or lose each one; the server's setting if missing.",
    )
    recorded: Annotated[str, AfterValidator(_is_date)] | None = Field(
        None, description="The day on which a recording was made: 2026-01-31."
    )
    max_age: Days | None = Field(None, description="The most days since then, such as 90d; later it does not load.")
    replay: Replay = Field(
        "meaning",
        description="What a recording replays: its turns as they read, or exactly the bytes and times in the file "
        "beside it (*.frames.jsonl).",
    )
    exam: ExamHeader | None = Field(None, description="What makes the scenario a case of the exam; see docs/exam.md.")
    turns: list[Turn] = Field(min_length=1, max_length=10_000, description="Tried in order for each request.")
