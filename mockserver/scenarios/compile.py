"""A scenario made ready to play: names resolved, templates parsed, matchers compiled.

`compile_scenario` finds every mistake in one pass, as `ScenarioProblem`s with the path inside the file: names of
faults and values and patterns that mean nothing, and what `checks` finds. The loader gives them their lines. A script
with complaints is not to be played.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec
from pydantic import JsonValue

from mockserver.accounts.schema import Account
from mockserver.core.actions import Headers
from mockserver.core.conversation import Json, JsonObject, Stop
from mockserver.core.errors import Failure
from mockserver.core.rng import token
from mockserver.faults import CompiledFault, compile_fault
from mockserver.openapi.contract import Contract
from mockserver.scenarios import templates
from mockserver.scenarios.index import TurnIndex, exact_keys, wanted_part
from mockserver.scenarios.matcher import Matcher
from mockserver.scenarios.schema import ErrorReply, Pace, ReplyBlock, Scenario, Turn, UsageOverride
from mockserver.scenarios.templates import Template, TemplateContext
from mockserver.scenarios.validate import Complain, Path, check, chooses_operation, inner_conditions
from mockserver.scenarios.when import MATCHERS, NESTED, When, compile_when
from mockserver.wires.errors import failure

RETRY_AFTER = 1
"""Seconds in the retry-after of a 429 that says none: the documented answer always has the header."""


class ScenarioProblem(NamedTuple):
    """A mistake in a scenario: where it is inside the file, and what to do."""

    path: Path
    message: str


class TextPlan(msgspec.Struct, frozen=True):
    """A text block to come."""

    text: Template


class ToolPlan(msgspec.Struct, frozen=True):
    """A tool call to come.

    `input` has templates for texts; None: arguments are made from the schema of the tool that the client offers, or
    from `schema`, the scenario's own.
    """

    name: str
    input: Mapping[str, object] | None
    id: str | None
    schema: JsonObject = {}


class ReplyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A reply to come, with what overrides the derived."""

    blocks: tuple[TextPlan | ToolPlan, ...]
    pace: Pace | None = None
    usage: UsageOverride | None = None
    stop: Stop | None = None
    id: str | None = None


class FailurePlan(msgspec.Struct, frozen=True):
    """An error answer to come: `message` is a template, the failure has everything else."""

    failure: Failure
    message: Template


class RawPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A raw response to come: `body` has templates for texts; text is sent as it is, anything else as JSON."""

    status: int
    headers: Headers
    body: object


Plan: TypeAlias = ReplyPlan | FailurePlan | RawPlan


class CompiledTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn made ready. `number` counts from 1; `times` None means always.

    `operations` are those that it answers by name. `everywhere` says that its `when` chooses the operation or path
    itself; a turn that does not answers conversations only. `converses` says that it can answer one. A test that ends
    before a turn with `must` was played fails.
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


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario made ready.

    `index` finds the turns that can match a call, in order; `edition` is the text of the file, in short.
    """

    name: str
    about: str
    seed: str | None
    after: Literal["fail", "repeat", "restart", "default"]
    plays: tuple[CompiledTurn, ...]
    index: TurnIndex[CompiledTurn]
    edition: str = ""
    account: Account | None = None


def compile_scenario(scenario: Scenario, contract: Contract) -> tuple[Script, list[ScenarioProblem]]:
    """The script of a scenario, and every mistake found on the way."""
    complaints: list[ScenarioProblem] = []

    def complain(path: Path, message: str) -> None:
        complaints.append(ScenarioProblem(path, message))

    talks = frozenset(operation.name for operation in contract.operations if operation.is_conversation)
    plays = [
        _play(index + 1, turn, scenario.tools, talks, ("turns", index), complain)
        for index, turn in enumerate(scenario.turns)
    ]
    check(scenario, contract, complain)
    script = make_script(scenario.scenario, plays, scenario.about, scenario.seed, scenario.after)
    edition = token("edition", scenario.model_dump_json(), length=8)
    return msgspec.structs.replace(script, edition=edition, account=scenario.account), complaints


def make_script(
    name: str,
    plays: Sequence[CompiledTurn],
    about: str = "",
    seed: str | None = None,
    after: Literal["fail", "repeat", "restart", "default"] = "fail",
) -> Script:
    """A script of these plays, with its index."""
    index = TurnIndex([(play.exact, play.part, play) for play in plays])
    return Script(name=name, about=about, seed=seed, after=after, plays=tuple(plays), index=index)


def fill(value: object, scene: TemplateContext) -> Json:
    """A JSON value with every template in it filled in."""
    if isinstance(value, Template):
        return value.fill(scene)
    if isinstance(value, Mapping):
        return {key: fill(item, scene) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, scene) for item in value]
    return value


def _play(
    number: int,
    turn: Turn,
    tools: Mapping[str, JsonObject],
    conversations: frozenset[str],
    path: Path,
    complain: Complain,
) -> CompiledTurn:
    plan: Plan
    if turn.error is not None:
        plan = _failure_plan(turn.error, (*path, "error"), complain)
    elif turn.response is not None:
        raw = turn.response
        body = _tree(raw.body, (*path, "response", "body"), complain)
        plan = RawPlan(status=raw.status, headers=_lowered(raw.headers), body=body)
    else:
        blocks = [_block(block, tools, (*path, "reply", n), complain) for n, block in enumerate(turn.reply or ())]
        plan = ReplyPlan(blocks=tuple(blocks), pace=turn.pace, usage=turn.usage, stop=turn.stop, id=turn.id)
    return CompiledTurn(
        number=number,
        operations=frozenset(turn.when.operation or ()),
        everywhere=chooses_operation(turn.when),
        converses=turn.when.operation is None or not conversations.isdisjoint(turn.when.operation),
        matchers=_matchers(turn.when, (*path, "when"), complain),
        exact=exact_keys(turn.when),
        part=wanted_part(turn.when),
        times=turn.times,
        plan=plan,
        faults=tuple(
            [
                fault
                for n, given in enumerate(turn.faults)
                if (fault := _fault(given, (*path, "faults", n), complain)) is not None
            ]
        ),
        headers=_lowered(turn.headers),
        then=turn.then,
        fault_names=tuple([given if isinstance(given, str) else next(iter(given), "") for given in turn.faults]),
        must=turn.must,
    )


def _lowered(headers: Mapping[str, str]) -> Headers:
    return tuple([(name.lower(), value) for name, value in headers.items()])


def _matchers(when: When, path: Path, complain: Complain) -> tuple[Matcher, ...]:
    """The matchers, key by key, so that a value that means nothing is told at its own place."""
    found: list[Matcher] = []
    for key in MATCHERS:
        if key not in when.model_fields_set or key in NESTED:
            continue
        try:
            found += compile_when(When.model_construct(_fields_set={key}, **{key: getattr(when, key)}))
        except ValueError as error:
            complain((*path, key), str(error))
    algebra = when.model_fields_set & set(NESTED)
    if not algebra:
        return tuple(found)
    before = len(found)
    for place, inner in inner_conditions(when):
        found += _matchers(inner, (*path, *place), complain)
    only = When.model_construct(_fields_set=algebra, **{key: getattr(when, key) for key in algebra})
    try:
        return (*found[:before], *compile_when(only))
    except ValueError:
        return ()  # told above, at its own place


def _template(text: str, path: Path, complain: Complain) -> Template:
    try:
        return templates.parse(text)
    except ValueError as error:
        complain(path, str(error))
        return Template(())


def _block(block: ReplyBlock, tools: Mapping[str, JsonObject], path: Path, complain: Complain) -> TextPlan | ToolPlan:
    if block.tool_use is None:
        return TextPlan(_template(block.text or "", (*path, "text"), complain))
    use, place = block.tool_use, (*path, "tool_use", "input")
    arguments: dict[str, object] | None = None
    if use.input is not None:
        arguments = {key: _tree(value, (*place, key), complain) for key, value in use.input.items()}
    return ToolPlan(use.name, arguments, use.id, tools.get(use.name, {}))


def _tree(value: JsonValue, path: Path, complain: Complain) -> object:
    if isinstance(value, str):
        template = _template(value, path, complain)
        return value if template.literal is not None else template
    if isinstance(value, dict):
        return {key: _tree(item, (*path, key), complain) for key, item in value.items()}
    if isinstance(value, list):
        return [_tree(item, (*path, number), complain) for number, item in enumerate(value)]
    return value


def _failure_plan(error: ErrorReply, path: Path, complain: Complain) -> FailurePlan:
    retry_after = RETRY_AFTER if error.retry_after is None and error.status == 429 else error.retry_after
    headers = () if retry_after is None else (("retry-after", str(retry_after)),)
    found = failure(error.status, code=error.code, message=error.message, type=error.type, headers=headers)
    return FailurePlan(found, _template(found.message, (*path, "message"), complain))


def _fault(given: str | Mapping[str, JsonValue], path: Path, complain: Complain) -> CompiledFault | None:
    try:
        return compile_fault(given)
    except ValueError as error:
        complain(path, str(error))
        return None
