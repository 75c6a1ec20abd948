"""A compiled scenario: the values that the engine plays.

`compile` makes them of the models of a file. The engine needs only these: a server that reads no file
loads no model.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from mockserver.core.actions import Headers
from mockserver.core.conversation import Json, JsonObject, Stop, Text
from mockserver.core.errors import Failure
from mockserver.faults import CompiledFault
from mockserver.scenarios.captures import Capture
from mockserver.scenarios.index import TurnIndex
from mockserver.scenarios.matcher import Matcher
from mockserver.scenarios.recorded import RecordedAnswer
from mockserver.scenarios.templates import Template, TemplateContext
from mockserver.wires.threads import ThreadPolicy

if TYPE_CHECKING:
    from mockserver.accounts.schema import Account
    from mockserver.scenarios.schema import Pace, UsageOverride


NEXT = "next"
"""The scenario name of queued answers."""


class TextPlan(msgspec.Struct, frozen=True):
    """A text block of a reply. `is_refusal` says that the model refuses with it."""

    text: Template
    is_refusal: bool = False


class JsonPlan(msgspec.Struct, frozen=True):
    """A text block that is JSON. `value` has a `Template` for each text."""

    value: object


class ToolPlan(msgspec.Struct, frozen=True):
    """A tool call of a reply. Without a `name` it calls the tool that the client demands or offers first.

    `input` has a `Template` for each text. None means: generate arguments from the schema of the tool that the client
    offers, else from `schema`, which is the scenario's own.
    """

    name: str
    input: Mapping[str, object] | None
    id: str | None
    schema: JsonObject = {}


class ThinkingPlan(msgspec.Struct, frozen=True):
    """Thinking in a reply. Without `signature` the mock signs it."""

    text: Template
    signature: str | None = None
    redacted: bool = False


class DefaultPlan(msgspec.Struct, frozen=True):
    """The blocks of the mock's default answer."""


BlockPlan: TypeAlias = TextPlan | JsonPlan | ToolPlan | ThinkingPlan | DefaultPlan


class LiteralCall(msgspec.Struct, frozen=True, gc=False):
    """A tool call that differs from answer to answer in nothing but its id. `arguments` is compact JSON."""

    name: str
    arguments: str
    id: str | None


LiteralBlocks: TypeAlias = tuple[Text | LiteralCall, ...]
"""The blocks of a reply that says the same each time."""


class ReplyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A reply: its blocks, and overrides of what is derived otherwise.

    `literal` has the blocks ready to be sent, if they have no templates and nothing else is overridden.
    """

    blocks: tuple[BlockPlan, ...]
    literal: LiteralBlocks | None = None
    pace: "Pace | None" = None
    usage: "UsageOverride | None" = None
    stop: Stop | None = None
    id: str | None = None


class FailurePlan(msgspec.Struct, frozen=True):
    """An error answer: `message` replaces the message of `failure` once it is filled in."""

    failure: Failure
    message: Template


class RawPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A raw response. `body` has a `Template` for each text; a text is sent as it is, anything else as JSON."""

    status: int
    headers: Headers
    body: object


Plan: TypeAlias = ReplyPlan | FailurePlan | RawPlan


class CompiledTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn, compiled. `number` counts from 1 in the file; `times` None means always.

    - `operations`: the operations that its `when` names.
    - `everywhere`: whether `when` names an operation or a path. Other turns answer conversations only.
    - `converses`: whether the turn can answer a conversation.
    - `exact`, `part`: what the index looks the turn up by.
    - `must`: whether a test fails that ends before the turn was played.
    - `literal`: the blocks, or the error, that it gives to every conversation that it answers; None where anything in
      the request changes them.
    - `recorded`: the recorded answers of its plays, if it replays exactly.
    - `captures`: the values that its answer takes from the request.
    """

    number: int
    operations: frozenset[str]
    everywhere: bool
    converses: bool
    matchers: tuple[Matcher, ...]
    exact: Mapping[str, object]
    part: str
    times: int | None
    plan: Plan
    faults: tuple[CompiledFault, ...]
    headers: Headers
    then: str | None
    fault_names: tuple[str, ...] = ()
    must: bool = False
    literal: LiteralBlocks | Failure | None = None
    recorded: tuple[RecordedAnswer, ...] = ()
    captures: tuple[Capture, ...] = ()


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario, compiled.

    `index` finds the turns that can match a call, in order. `edition` is a hash of the scenario: a session starts a
    changed file from its beginning. `lenient` accepts requests that are refused for their form alone.
    """

    name: str
    about: str
    seed: str | None
    after: Literal["fail", "repeat", "restart", "default"]
    turns: tuple[CompiledTurn, ...]
    index: TurnIndex[CompiledTurn]
    edition: str = ""
    account: "Account | None" = None
    lenient: bool = False
    threads: ThreadPolicy | None = None


def make_script(
    name: str,
    turns: Sequence[CompiledTurn],
    about: str = "",
    seed: str | None = None,
    after: Literal["fail", "repeat", "restart", "default"] = "fail",
) -> Script:
    """Return a script of these turns, with its index."""
    index = TurnIndex([(turn.exact, turn.part, turn) for turn in turns])
    return Script(name=name, about=about, seed=seed, after=after, turns=tuple(turns), index=index)


def fill(value: object, context: TemplateContext) -> Json:
    """Return a JSON value with every template in it filled in."""
    if isinstance(value, Template):
        return value.fill(context)
    if isinstance(value, Mapping):
        return {key: fill(item, context) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, context) for item in value]
    return value
