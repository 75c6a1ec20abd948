"""The compiler of scenarios: a `Scenario` of `schema.py` becomes a `Script` that the engine plays.

Templates are parsed, matchers and faults compiled, and turns indexed, once, when a file loads. `compile_scenario`
reports every mistake in one pass: unknown faults and values, bad patterns, and what `validate.py` finds. Each is a
`ScenarioProblem` with its path in the file; the loader adds the line. Do not play a script that has problems.
"""

from collections.abc import Mapping, Sequence

import msgspec
from pydantic import JsonValue

from mockserver.core.actions import Headers
from mockserver.core.conversation import JsonObject
from mockserver.core.rng import token
from mockserver.faults import CompiledFault
from mockserver.faults.compile import compile_fault
from mockserver.openapi.contract import Contract
from mockserver.scenarios import templates
from mockserver.scenarios.captures import captures_of
from mockserver.scenarios.index import exact_keys, required_part
from mockserver.scenarios.literal import literal_answer, literal_of, scripted_failure
from mockserver.scenarios.matcher import Matcher
from mockserver.scenarios.problems import AddProblem, Path, ScenarioProblem
from mockserver.scenarios.recorded import RecordedAnswer, answers_by_turn
from mockserver.scenarios.schema import ErrorReply, ReplyBlock, Scenario, Turn
from mockserver.scenarios.script import (
    BlockPlan,
    CompiledTurn,
    DefaultPlan,
    FailurePlan,
    JsonPlan,
    Plan,
    RawPlan,
    ReplyPlan,
    Script,
    TextPlan,
    ThinkingPlan,
    ToolPlan,
    make_script,
)
from mockserver.scenarios.templates import Template
from mockserver.scenarios.validate import chooses_operation, inner_conditions, validate
from mockserver.scenarios.when import MATCHERS, NESTED, When, compile_when


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
            literal=literal_of(blocks) if turn.usage is None and turn.stop is None else None,
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
        literal=None if turn.faults or turn.headers else literal_answer(plan),
    )


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
    base = scripted_failure(error.status, error.retry_after, code=error.code, message=error.message, type=error.type)
    return FailurePlan(base, _template(base.message, (*path, "message"), add_problem))


def _fault(entry: str | Mapping[str, JsonValue], path: Path, add_problem: AddProblem) -> CompiledFault | None:
    try:
        return compile_fault(entry)
    except ValueError as error:
        add_problem(path, str(error))
        return None
