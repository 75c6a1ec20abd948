"""The compiler of scenarios: a `Scenario` of `schema.py` becomes a `Script` that the engine plays.

Templates are parsed, matchers and faults compiled, and turns indexed, once, when a file loads. `compile_scenario`
reports every mistake in one pass: unknown faults and values, bad patterns, and what `validate.py` finds. Each is a
`ScenarioProblem` with its path in the file; the loader adds the line. Do not play a script that has problems.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import orjson
from pydantic import JsonValue

from mockserver.accounts.schema import Account
from mockserver.core.actions import Headers
from mockserver.core.conversation import Json, JsonObject, Stop, Text
from mockserver.core.errors import Failure
from mockserver.core.rng import token
from mockserver.faults import CompiledFault, compile_fault
from mockserver.openapi.contract import Contract
from mockserver.scenarios import templates
from mockserver.scenarios.captures import Capture, captures_of
from mockserver.scenarios.index import TurnIndex, exact_keys, required_part
from mockserver.scenarios.matcher import Matcher
from mockserver.scenarios.recorded import RecordedAnswer, answers_by_turn
from mockserver.scenarios.schema import ErrorReply, Pace, ReplyBlock, Scenario, Turn, UsageOverride
from mockserver.scenarios.templates import Template, TemplateContext
from mockserver.scenarios.validate import AddProblem, Path, chooses_operation, inner_conditions, validate
from mockserver.scenarios.when import MATCHERS, NESTED, When, compile_when
from mockserver.wires.errors import failure
from mockserver.wires.threads import ThreadPolicy

RETRY_AFTER = 1
"""Seconds in the retry-after header of a 429 without `retry_after`: the documented answer always has the header."""


class ScenarioProblem(NamedTuple):
    """A mistake in a scenario: its path in the file, and a message with the remedy."""

    path: Path
    message: str


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
    pace: Pace | None = None
    usage: UsageOverride | None = None
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
    account: Account | None = None
    lenient: bool = False
    threads: ThreadPolicy | None = None


def compile_scenario(
    scenario: Scenario, contract: Contract, answers: Sequence[RecordedAnswer] | None = None
) -> tuple[Script, list[ScenarioProblem]]:
    """Return the script of a scenario, and every mistake in it. `answers` are those in the file beside a recording."""
    problems: list[ScenarioProblem] = []

    def add_problem(path: Path, message: str) -> None:
        problems.append(ScenarioProblem(path, message))

    conversations = frozenset(operation.name for operation in contract.operations if operation.is_conversation)
    turns = [
        _compile_turn(index + 1, turn, scenario.tools, conversations, ("turns", index), add_problem)
        for index, turn in enumerate(scenario.turns)
    ]
    validate(scenario, contract, add_problem)
    recorded = answers_by_turn(scenario, answers, add_problem)
    turns = [msgspec.structs.replace(turn, recorded=own) for turn, own in zip(turns, recorded, strict=True)]
    script = make_script(scenario.scenario, turns, scenario.about, scenario.seed, scenario.after)
    edition = token("edition", scenario.model_dump_json(), length=8)
    return msgspec.structs.replace(
        script, edition=edition, account=scenario.account, lenient=scenario.lenient, threads=scenario.threads
    ), problems


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


def _compile_turn(
    number: int,
    turn: Turn,
    tools: Mapping[str, JsonObject],
    conversations: frozenset[str],
    path: Path,
    add_problem: AddProblem,
) -> CompiledTurn:
    plan: Plan
    if turn.error is not None:
        plan = _failure_plan(turn.error, (*path, "error"), add_problem)
    elif turn.response is not None:
        raw = turn.response
        body = _tree(raw.body, (*path, "response", "body"), add_problem)
        plan = RawPlan(status=raw.status, headers=_lowered(raw.headers), body=body)
    else:
        blocks = [_block(block, tools, (*path, "reply", n), add_problem) for n, block in enumerate(turn.reply or ())]
        plan = ReplyPlan(
            blocks=tuple(blocks),
            literal=_literal(blocks) if turn.usage is None and turn.stop is None else None,
            pace=turn.pace,
            usage=turn.usage,
            stop=turn.stop,
            id=turn.id,
        )
    return CompiledTurn(
        number=number,
        operations=frozenset(turn.when.operation or ()),
        everywhere=chooses_operation(turn.when),
        converses=turn.when.operation is None or not conversations.isdisjoint(turn.when.operation),
        matchers=_matchers(turn.when, (*path, "when"), add_problem),
        exact=exact_keys(turn.when),
        part=required_part(turn.when),
        times=turn.times,
        plan=plan,
        faults=tuple(
            [
                fault
                for n, entry in enumerate(turn.faults)
                if (fault := _fault(entry, (*path, "faults", n), add_problem)) is not None
            ]
        ),
        headers=_lowered(turn.headers),
        then=turn.then,
        fault_names=tuple([entry if isinstance(entry, str) else next(iter(entry), "") for entry in turn.faults]),
        must=turn.must,
        captures=captures_of(turn.when),
        literal=None if turn.faults or turn.headers else _literal_answer(plan),
    )


def _literal_answer(plan: Plan) -> LiteralBlocks | Failure | None:
    """Return what an answer of this plan says each time; None if that depends on the request or on the time."""
    if isinstance(plan, ReplyPlan):
        return plan.literal if plan.pace is None or plan.pace.cold_start is None else None
    if isinstance(plan, FailurePlan) and plan.message.literal is not None:
        return msgspec.structs.replace(plan.failure, message=plan.message.literal)
    return None


def _literal(blocks: Sequence[BlockPlan]) -> LiteralBlocks | None:
    """Return the blocks of a reply that is the same each time, or None."""
    literals = [literal for block in blocks if (literal := _literal_block(block)) is not None]
    return tuple(literals) if len(literals) == len(blocks) else None


def _literal_block(block: BlockPlan) -> Text | LiteralCall | None:
    if isinstance(block, TextPlan) and block.text.literal is not None:
        return Text(block.text.literal, block.is_refusal)
    if isinstance(block, ToolPlan) and block.name and block.input is not None:
        try:
            arguments = orjson.dumps(block.input)  # fails for a template
        except TypeError:
            return None
        return LiteralCall(block.name, arguments.decode(), block.id)
    return None


def _lowered(headers: Mapping[str, str]) -> Headers:
    return tuple([(name.lower(), value) for name, value in headers.items()])


def _matchers(when: When, path: Path, add_problem: AddProblem) -> tuple[Matcher, ...]:
    """Return the matchers of a condition, compiled key by key so that each bad value is reported at its own path."""
    matchers: list[Matcher] = []
    for key in MATCHERS:
        if key not in when.model_fields_set or key in NESTED:
            continue
        try:
            matchers += compile_when(When.model_construct(_fields_set={key}, **{key: getattr(when, key)}))
        except ValueError as error:
            add_problem((*path, key), str(error))
    nested = when.model_fields_set & set(NESTED)
    if not nested:
        return tuple(matchers)
    for place, inner in inner_conditions(when):
        _matchers(inner, (*path, *place), add_problem)  # for its problems
    try:
        conditions = When.model_construct(_fields_set=nested, **{key: getattr(when, key) for key in nested})
        return (*matchers, *compile_when(conditions))
    except ValueError:
        return ()  # reported above, at its own path


def _template(text: str, path: Path, add_problem: AddProblem) -> Template:
    try:
        return templates.parse(text)
    except ValueError as error:
        add_problem(path, str(error))
        return Template(())


def _block(block: ReplyBlock, tools: Mapping[str, JsonObject], path: Path, add_problem: AddProblem) -> BlockPlan:
    if block.default is not None:
        return DefaultPlan()
    if block.json_ is not None:
        return JsonPlan(_tree(block.json_, (*path, "json"), add_problem))
    if block.refusal is not None:
        return TextPlan(_template(block.refusal, (*path, "refusal"), add_problem), is_refusal=True)
    thinking = block.thinking
    if thinking is not None:
        text = _template(thinking.text, (*path, "thinking", "text"), add_problem)
        return ThinkingPlan(text, thinking.signature, thinking.redacted)
    if block.tool_use is None:
        return TextPlan(_template(block.text or "", (*path, "text"), add_problem))
    use, place = block.tool_use, (*path, "tool_use", "input")
    arguments: dict[str, object] | None = None
    if use.input is not None:
        arguments = {key: _tree(value, (*place, key), add_problem) for key, value in use.input.items()}
    return ToolPlan(use.name or "", arguments, use.id, tools.get(use.name or "", {}))


def _tree(value: JsonValue, path: Path, add_problem: AddProblem) -> object:
    if isinstance(value, str):
        template = _template(value, path, add_problem)
        return value if template.literal is not None else template
    if isinstance(value, dict):
        return {key: _tree(item, (*path, key), add_problem) for key, item in value.items()}
    if isinstance(value, list):
        return [_tree(item, (*path, number), add_problem) for number, item in enumerate(value)]
    return value


def _failure_plan(error: ErrorReply, path: Path, add_problem: AddProblem) -> FailurePlan:
    retry_after = RETRY_AFTER if error.retry_after is None and error.status == 429 else error.retry_after
    headers = () if retry_after is None else (("retry-after", str(retry_after)),)
    base = failure(error.status, code=error.code, message=error.message, type=error.type, headers=headers)
    return FailurePlan(base, _template(base.message, (*path, "message"), add_problem))


def _fault(entry: str | Mapping[str, JsonValue], path: Path, add_problem: AddProblem) -> CompiledFault | None:
    try:
        return compile_fault(entry)
    except ValueError as error:
        add_problem(path, str(error))
        return None
