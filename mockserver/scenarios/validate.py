"""Checks of a whole scenario, beyond the shape of its parts: names exist, states are reachable, turns can be played.

`schema.py` checks each value alone; the checks here need the contract, or look at several turns together. Each one
reports a path in the file and a message with the remedy. `compile.py` runs them all through `validate`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import jsonschema_rs

from mockserver.accounts.session import START
from mockserver.core.conversation import Json, JsonObject
from mockserver.core.errors import did_you_mean
from mockserver.openapi.contract import Contract
from mockserver.openapi.sampling.schema import violations
from mockserver.scenarios.captures import captures_of
from mockserver.scenarios.problems import AddProblem, Path
from mockserver.scenarios.schema import Scenario, Turn
from mockserver.scenarios.when import When

UNKNOWN_OPERATION = "unknown operation"
"""The beginning of a message: after it, `mockserver lint` hints at `--contract`."""


USED_VALUE = re.compile(r"\{\{\s*value\.(\d+)\s*\}\}")


def validate(scenario: Scenario, contract: Contract, add_problem: AddProblem) -> None:
    """Run every check."""
    for number, turn in enumerate(scenario.turns):
        check_operations(turn.when, turn.reply is not None, ("turns", number, "when"), contract, add_problem)
        _check_conditions(turn.when, ("turns", number, "when"), add_problem)
        _check_values(turn, ("turns", number), add_problem)
    _check_states(scenario, add_problem)
    _check_tools(scenario, add_problem)
    _check_json(scenario, add_problem)
    _check_reach(scenario, add_problem)


def chooses_operation(when: When) -> bool:
    """Return whether a condition names an operation or a path anywhere but under `not`."""
    inner = [*(when.all or ()), *(when.any or ())]
    return (
        when.operation is not None or when.path is not None or any(chooses_operation(condition) for condition in inner)
    )


def inner_conditions(when: When) -> Iterator[tuple[Path, When]]:
    """Yield the conditions inside a condition, with the path to each."""
    yield from ((("all", number), inner) for number, inner in enumerate(when.all or ()))
    yield from ((("any", number), inner) for number, inner in enumerate(when.any or ()))
    if when.not_ is not None:
        yield ("not",), when.not_


def check_operations(when: When, is_reply: bool, path: Path, contract: Contract, add_problem: AddProblem) -> None:
    """Report an unknown operation, and one that a reply cannot answer."""
    conversations = {operation.name for operation in contract.operations if operation.is_conversation}
    for number, name in enumerate(when.operation or ()):
        place = (*path, "operation", number)
        if name not in contract.names:
            add_problem(place, f"{UNKNOWN_OPERATION} '{name}'; {did_you_mean(name, contract.names)}")
        elif is_reply and name not in conversations:
            add_problem(place, f"'{name}' takes no messages, so a reply cannot answer it; use error or response")
    at_path = () if when.path is None else contract.operations_at(when.path, when.method)
    if is_reply and when.path is not None and not any(operation.is_conversation for operation in at_path):
        message = f"no messages or chat operation is at '{when.path}', so a reply cannot answer it"
        add_problem((*path, "path"), f"{message}; use error or response")
    for key, inner in inner_conditions(when):
        check_operations(inner, is_reply and key[0] != "not", (*path, *key), contract, add_problem)


def unrouted_turns(scenario: Scenario, contract: Contract) -> Iterator[tuple[Path, str]]:
    """Yield each path that is no operation, and what that means: it is answered, but by its turn alone."""
    for number, turn in enumerate(scenario.turns):
        for place, when in _with_inner(turn.when, ("turns", number, "when")):
            if when.path is not None and not contract.operations_at(when.path, when.method):
                request = f"{when.method.upper()} {when.path}" if when.method is not None else when.path
                yield (*place, "path"), f"{request} is no operation: answered only because this turn names it"


def _with_inner(when: When, path: Path) -> Iterator[tuple[Path, When]]:
    yield path, when
    for key, inner in inner_conditions(when):
        if key[0] != "not":
            yield from _with_inner(inner, (*path, *key))


def _expected_states(when: When, path: Path) -> Iterator[tuple[Path, str]]:
    if when.state is not None:
        yield (*path, "state"), when.state
    for place, inner in inner_conditions(when):
        yield from _expected_states(inner, (*path, *place))


def _check_values(turn: Turn, path: Path, add_problem: AddProblem) -> None:
    """Report a value in an answer that the turn's condition does not name."""
    known = {number for capture in captures_of(turn.when) for number in capture.numbers}
    used = USED_VALUE.findall(turn.model_dump_json(include={"reply", "error", "response"}))
    for number in sorted(set(used) - known):
        add_problem(path, f"{{{{value.{number}}}}} is in no text of this turn's `when`; write it there too")


def _check_states(scenario: Scenario, add_problem: AddProblem) -> None:
    """Report a `state` that no turn sets with `then`."""
    reached = {turn.then for turn in scenario.turns if turn.then is not None} | {START}
    for number, turn in enumerate(scenario.turns):
        for path, state in _expected_states(turn.when, ("turns", number, "when")):
            if state not in reached:
                add_problem(path, f"no turn sets the state '{state}' with `then`; {did_you_mean(state, reached)}")


def _check_tools(scenario: Scenario, add_problem: AddProblem) -> None:
    """Report a tool schema that is no JSON Schema, and the input of a tool call that does not satisfy its schema."""
    validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
    for name, schema in scenario.tools.items():
        try:
            validators[name] = jsonschema_rs.Draft202012Validator(
                schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            add_problem(("tools", name), f"not a JSON Schema: {str(error).partition(chr(10))[0]}")
    for number, turn in enumerate(scenario.turns):
        for place, block in enumerate(turn.reply or ()):
            use = block.tool_use
            if use is not None and use.input is not None and use.name in validators:
                path: Path = ("turns", number, "reply", place, "tool_use", "input")
                for violation in validators[use.name].iter_errors(use.input):
                    if _is_certain(violation, use.input):
                        message = f"does not satisfy the schema of {use.name}: {violation.message}"
                        add_problem((*path, *violation.instance_path), message)


_CERTAIN = frozenset({"type", "required", "additionalProperties", "minItems", "maxItems", "propertyNames"})
"""Keywords that ignore the content of a text: a template is filled in with a text, whatever that says."""


def _is_certain(error: jsonschema_rs.ValidationError, value: object) -> bool:
    """Return whether an error in `value` remains, whatever its templates are filled in with."""
    if not _has_template(value):
        return True
    if {"then", "else"} & set(error.schema_path):  # the condition may have looked at a template elsewhere
        return False
    return error.schema_path[-1] in _CERTAIN or not _has_template(error.instance)


def _has_template(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_template, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and "{{" in value


_PARTIAL = frozenset({"additionalProperties", "unevaluatedProperties", "unevaluatedItems", "not", "then", "else"})
"""Keywords that a schema of which only some keywords are known may not violate after all."""


def _check_json(scenario: Scenario, add_problem: AddProblem) -> None:
    """Report a JSON block that is not in the form that the turn's condition asks for."""
    for number, turn in enumerate(scenario.turns):
        forms = list(_answer_forms(turn.when))
        for place, block in enumerate(turn.reply or ()):
            path: Path = ("turns", number, "reply", place, "json")
            for inner, message in _json_problems(block.json_, forms) if block.json_ is not None else ():
                add_problem((*path, *inner), f"{message}; to break it on purpose, write the JSON as text")


def _json_problems(value: Json, forms: Sequence[str | JsonObject]) -> Iterator[tuple[Path, str]]:
    """Yield where a value is not in one of the forms, and why."""
    for asked in forms:
        if asked == "json_object" and not isinstance(value, dict):
            yield (), "expected a mapping, which response_format asks for"
        for violation in violations(asked, value) if isinstance(asked, dict) else ():
            if _is_certain(violation, value) and _PARTIAL.isdisjoint(map(str, violation.schema_path)):
                yield (
                    tuple(violation.instance_path),
                    f"does not satisfy the schema in response_format: {violation.message}",
                )


def _answer_forms(when: When) -> Iterator[str | JsonObject]:
    """Yield the forms of answer that a condition requires of every request."""
    if when.response_format is not None:
        yield when.response_format
    for inner in when.all or ():
        yield from _answer_forms(inner)


def _check_conditions(when: When, path: Path, add_problem: AddProblem) -> None:
    """Report a `not` whose condition matches every request."""
    for key, inner in inner_conditions(when):
        if key == ("not",) and _matches_everything(inner):
            add_problem((*path, "not"), "matches every request, so this turn can never be played")
        _check_conditions(inner, (*path, *key), add_problem)


def _matches_everything(when: When) -> bool:
    if not when.model_fields_set <= {"all", "any"}:
        return False
    every = all(_matches_everything(inner) for inner in when.all or ())
    return every and (when.any is None or any(_matches_everything(inner) for inner in when.any))


def _check_reach(scenario: Scenario, add_problem: AddProblem) -> None:
    """Report a turn that is never played, because an earlier turn without a limit matches all that it matches.

    Each turn without a limit is filed under its requirement that is rarest in the file, so the time grows with the
    file and not with its square.
    """
    requirements = [_requirements(turn.when) for turn in scenario.turns]
    frequency = Counter([requirement for each in requirements for requirement in each])
    unlimited: dict[tuple[str, str] | None, list[int]] = {}
    for number, turn in enumerate(scenario.turns):
        earlier = sorted([place for key in (None, *requirements[number]) for place in unlimited.get(key, ())])
        cover = next((place for place in earlier if _covers(scenario.turns[place].when, turn.when)), None)
        if cover is not None:
            add_problem(("turns", number), f"is never played: turn {cover + 1} matches every request that it matches")
        elif turn.times is None:
            rarest = min(requirements[number], key=lambda key: (frequency[key], key), default=None)
            unlimited.setdefault(rarest, []).append(number)


def _requirements(when: When) -> list[tuple[str, str]]:
    return [(key, repr(getattr(when, key))) for key in sorted(when.model_fields_set)]


def _covers(wide: When, narrow: When) -> bool:
    """Return whether `wide` requires nothing that `narrow` does not, and answers the same operations."""
    keys = wide.model_fields_set
    same = all(key in narrow.model_fields_set and getattr(wide, key) == getattr(narrow, key) for key in keys)
    return same and (chooses_operation(wide) or not chooses_operation(narrow))
