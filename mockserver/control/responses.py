"""What the control API answers, as pydantic models: a session, an exchange, an answer on its way. Numbers of money are
texts, so that no digit is lost; times are seconds since the epoch by the session's clock, or seconds from the start.
"""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, JsonValue


class Shape(BaseModel):
    """The base of every answer."""

    model_config = ConfigDict(frozen=True)


class ClockShape(Shape):
    """A session's clock: virtual stands still until it is advanced; `speed` session seconds a second."""

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
    """An answer or faults that wait for the next request that fits; `session` None: whoever sends it."""

    id: str
    session: str | None
    times: int | None
    words: dict[str, JsonValue]


class SessionShape(Shape):
    """A session. `scenario`, `chaos` and `pace` are what was chosen for it; None where nothing was."""

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
    """A session that was just made. `key` is what the client sends; None where a name was given."""

    key: str | None


class DefaultsShape(Shape):
    """What holds for every session that says nothing else."""

    scenario: str | None
    chaos: str | None
    pace: dict[str, JsonValue] | None


class CreditsShape(Shape):
    """The balance before an answer, and when it was settled."""

    before: Decimal
    after: Decimal


class LiveShape(Shape):
    """An answer on its way: `events` of `of` are handed over; `held` says that it waits for a person."""

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
    """An exchange on one line. `number` and `ended` are None while it is on its way; `id` is what it had then."""

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
    """A message of a conversation: blocks are {text}, {tool_use}, {tool_result} or {media}."""

    role: str
    blocks: list[dict[str, JsonValue]]


class ConversationShape(Shape):
    """A conversation as it was sent."""

    model: str
    system: str
    stream: bool
    tools: list[str]
    messages: list[MessageShape]


class RequestShape(Shape):
    """A request as it is kept: secrets are masked, a long body is cut (`/body` has it whole)."""

    headers: dict[str, str]
    body: str
    body_bytes: int
    body_cut: bool
    conversation: ConversationShape | None


class EventShape(Shape):
    """One event, or body, as it was handed over: when, in seconds from the start."""

    n: int
    kind: str
    data: str
    bytes: int
    seconds: float


class ToolCallShape(Shape):
    """A tool call as it was handed over."""

    id: str
    name: str
    arguments: str


class AnswerShape(Shape):
    """What a client can have understood of an answer, and every event of it."""

    headers: dict[str, str]
    text: str
    calls: list[ToolCallShape]
    error: str
    is_stream: bool
    is_whole: bool
    events: list[EventShape]
    events_cut: bool


class PauseShape(Shape):
    """A pause before event `before`: a planned one, or one by hand."""

    before: int
    seconds: float


class BreakShape(Shape):
    """How an answer broke off, and after which event."""

    after: int
    how: str


class UsageShape(Shape):
    """The tokens that an answer told of."""

    input: int
    output: int


class ExchangeShape(SummaryShape):
    """An exchange, whole."""

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
    """Some exchanges, oldest first; how many there ever were, and how many of those are forgotten."""

    exchanges: list[SummaryShape]
    entered: int
    forgotten: int


class ScenarioShape(Shape):
    """A scenario; `origin`: shipped, file or memory."""

    name: str
    about: str
    origin: str
    turns: int


class ScenarioTextShape(ScenarioShape):
    """A scenario with its text."""

    yaml: str


class ProblemShape(Shape):
    """A mistake: where it is (from 1), the path inside, and what to do."""

    line: int
    column: int
    path: str
    message: str


class ErrorDetailShape(Shape):
    """Why not, and what to do: `code` is for programs, `message` for people."""

    code: str
    message: str
    problems: list[ProblemShape] | None = None


class ErrorShape(Shape):
    """Every error."""

    error: ErrorDetailShape


class LintShape(Shape):
    """Every mistake of a text, and its scenario's name if it can be read."""

    name: str | None
    problems: list[ProblemShape]


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
    """A row of the table of faults; `example` is what a turn has in its `faults`."""

    name: str
    group: str
    about: str
    source: str
    example: JsonValue
    parameters: list[ParameterShape]
    acts_on: list[str]


class ErrorKindShape(Shape):
    """A documented error answer."""

    status: int
    code: str
    title: str


class AboutShape(Shape):
    """What this server is, and what can be chosen. `started` differs after every start."""

    version: str
    started: str
    url: str
    openai_url: str
    key: str
    operations: list[str]
    plans: list[str]
    errors: list[ErrorKindShape]
    session: str | None = None


class VerifiedShape(Shape):
    """Whether the requests were so; if not, what came instead, in words."""

    ok: bool
    message: str
    exchanges: list[int]


class FindingShape(Shape):
    """One thing that the client did wrong."""

    rule: str
    exchanges: list[int]
    evidence: str
    right: str
    reason: str


class VerdictShape(Shape):
    """The verdict on a client: nothing to blame where there are no findings."""

    findings: list[FindingShape]


class TextShape(Shape):
    """A text to be copied."""

    text: str


class LinesShape(Shape):
    """Lines for a person."""

    lines: list[str]


class HealthShape(Shape):
    """How the server is."""

    status: str
