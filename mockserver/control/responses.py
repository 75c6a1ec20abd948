"""The response bodies of the control API as pydantic models.

Amounts are decimal texts, so that no digit is lost. Times are seconds since the epoch by the session's clock; `seconds`
fields are durations or offsets from the start of the answer.
"""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, JsonValue


class Shape(BaseModel):
    """The base of every response body."""

    model_config = ConfigDict(frozen=True)


class ClockShape(Shape):
    """A session's clock. A virtual clock moves only when advanced; `speed` is session seconds per real second."""

    virtual: bool
    speed: float


class AccountShape(Shape):
    """A session's account."""

    plan: str
    remaining: Decimal
    granted: Decimal
    used: Decimal
    unlimited: bool


class QueuedResponseShape(Shape):
    """A queued answer or faults. `session` null means any session, `times` null means every time."""

    id: str
    session: str | None
    times: int | None
    words: dict[str, JsonValue]


class SessionShape(Shape):
    """A session. `scenario`, `chaos` and `pace` are its own settings, or null; `waiting` is its queue."""

    id: str
    seed: str
    requests: int
    scenario: str | None
    chaos: str | None
    pace: dict[str, JsonValue] | None
    account: AccountShape | None
    state: dict[str, str]
    hits: dict[str, dict[int, int]]
    waiting: list[QueuedResponseShape]
    now: float
    clock: ClockShape
    last_used: float | None


class NewSessionShape(SessionShape):
    """A new session. `key` is its client's API key, or null if it has a name; it sees exchanges above `entered`."""

    key: str | None
    entered: int


class DefaultsShape(Shape):
    """The settings of all sessions without their own."""

    scenario: str | None
    chaos: str | None
    pace: dict[str, JsonValue] | None


class CreditsShape(Shape):
    """The balance before an answer and after it was charged."""

    before: Decimal
    after: Decimal


class LiveShape(Shape):
    """A live answer: `events` of `of` were sent; `held` if it is on hold; `said` describes the last message."""

    id: int
    at: float
    session: str
    client: str
    method: str
    path: str
    operation: str
    scenario: str
    turn: int
    status: int
    stream: bool
    events: int
    of: int
    bytes: int
    seconds: float
    held: bool
    said: str


class SummaryShape(Shape):
    """An exchange as a row; a live one has an `id`, but no `number` or `ended` yet. `trouble` says what went wrong."""

    number: int | None
    id: int
    at: float
    session: str
    client: str
    sdk: str
    retry: int | None
    method: str
    path: str
    operation: str
    scenario: str
    turn: int
    code: str
    status: int
    seconds: float
    ended: str | None
    trouble: str
    events: int
    of: int
    bytes: int
    stream: bool
    said: str
    gave: str
    faults: list[str]
    draws: list[str]
    credits: CreditsShape | None


class MessageShape(Shape):
    """A message of a conversation. Each block is {text}, {tool_use}, {tool_result}, {thinking} or {media}."""

    role: str
    blocks: list[dict[str, JsonValue]]


class ConversationShape(Shape):
    """The conversation in a request."""

    model: str
    system: str
    stream: bool
    tools: list[str]
    messages: list[MessageShape]


class RequestShape(Shape):
    """A request as stored: secrets are masked and a long body is cut (`/body` has all of it)."""

    headers: dict[str, str]
    body: str
    body_bytes: int
    body_cut: bool
    conversation: ConversationShape | None


class EventShape(Shape):
    """An event (or a body that is no stream) as sent, with its time in seconds from the start."""

    n: int
    kind: str
    data: str
    bytes: int
    seconds: float


class ToolCallShape(Shape):
    """A tool call in an answer; `arguments` is the JSON text as sent."""

    id: str
    name: str
    arguments: str


class AnswerShape(Shape):
    """An answer as a client can understand it, and its events."""

    headers: dict[str, str]
    text: str
    thinking: str
    calls: list[ToolCallShape]
    error: str
    is_stream: bool
    is_whole: bool
    events: list[EventShape]
    events_cut: bool


class PauseShape(Shape):
    """A pause before event number `before`: planned, or a hold."""

    before: int
    seconds: float


class BreakShape(Shape):
    """How an answer ended early, and after which event."""

    after: int
    how: str


class UsageShape(Shape):
    """The token counts that an answer reported."""

    input: int
    output: int
    thinking: int
    cache_read: int
    cache_write: int
    cache_write_1h: int


class ExchangeShape(SummaryShape):
    """An exchange with its request and answer."""

    seed: str
    request: RequestShape
    answer: AnswerShape
    waits: list[PauseShape]
    holds: list[PauseShape]
    breaks: BreakShape | None
    misses: list[str]
    idle_faults: list[str]
    tips: list[str]
    nearest: list[str]
    usage: UsageShape | None


class ExchangesShape(Shape):
    """Exchanges, oldest first; how many were ever entered, and how many of those the journal has dropped."""

    exchanges: list[SummaryShape]
    entered: int
    forgotten: int


class ScenarioShape(Shape):
    """A scenario. `origin` is shipped, file or memory."""

    name: str
    about: str
    origin: str
    turns: int


class ScenarioTextShape(ScenarioShape):
    """A scenario with its text."""

    yaml: str


class ProblemShape(Shape):
    """A mistake in a text: line and column (from 1), the path to it, and how to fix it."""

    line: int
    column: int
    path: str
    message: str


class ErrorDetailShape(Shape):
    """An error: `code` is for programs, `message` for people; `problems` are mistakes in a text."""

    code: str
    message: str
    problems: list[ProblemShape] | None = None


class ErrorShape(Shape):
    """The body of every error response."""

    error: ErrorDetailShape


class LintShape(Shape):
    """The mistakes in a scenario's text; its name, and the text as JSON, if they are readable."""

    name: str | None
    problems: list[ProblemShape]
    document: dict[str, JsonValue] | None


class ProfileShape(Shape):
    """A chaos profile."""

    name: str
    about: str
    rules: int


class ParameterShape(Shape):
    """A parameter of a fault."""

    name: str
    about: str
    main: bool
    default: str


class FaultShape(Shape):
    """A fault; `example` is an entry for the `faults` of a turn."""

    name: str
    group: str
    about: str
    source: str
    example: JsonValue
    parameters: list[ParameterShape]
    acts_on: list[str]


class ErrorKindShape(Shape):
    """A documented error."""

    status: int
    code: str
    title: str


class PresetShape(Shape):
    """An answer that the page queues with one click: `answer` is a body of `POST /next`."""

    label: str
    about: str
    answer: dict[str, JsonValue]


class AboutShape(Shape):
    """The server's version, URLs and available choices. `started` is different after each start."""

    version: str
    started: str
    url: str
    openai_url: str
    key: str
    operations: list[str]
    plans: list[str]
    errors: list[ErrorKindShape]
    presets: list[PresetShape]
    session: str | None = None


class VerifiedShape(Shape):
    """Whether the requests were as expected; `message` says what differs, `exchanges` lists the matching ones."""

    ok: bool
    message: str
    exchanges: list[int]


class FindingShape(Shape):
    """A mistake of the client: the rule, the exchanges that prove it, the correct behaviour and the reason."""

    rule: str
    exchanges: list[int]
    evidence: str
    right: str
    reason: str


class VerdictShape(Shape):
    """The verdict on clients: their proven mistakes, how many exchanges were judged, and by which rules.

    `unchecked` has each rule to which the exchanges gave nothing to check, with the reason. `warnings` has what was
    accepted with a note, although another gateway may refuse it, replies that break the schema asked for, and the
    exchanges.
    """

    findings: list[FindingShape]
    exchanges: int
    checked: list[str]
    unchecked: dict[str, str]
    warnings: dict[str, list[int]]


class TextShape(Shape):
    """A text to copy."""

    text: str


class HealthShape(Shape):
    """The state of the server."""

    status: str
