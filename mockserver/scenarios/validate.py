"""What a scenario must keep to beyond its shape: names that exist, states that are reached, turns that can be played.

Each check is a function of the scenario that complains with a path inside the file and what to do. `check` runs them
all.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

import jsonschema_rs

from mockserver.accounts.session import START
from mockserver.core.errors import did_you_mean
from mockserver.openapi.contract import Contract
from mockserver.scenarios.schema import Scenario
from mockserver.scenarios.when import When

Path: TypeAlias = tuple[str | int, ...]
Complain: TypeAlias = Callable[[Path, str], None]


def check(scenario: Scenario, contract: Contract, complain: Complain) -> None:
    """Every check."""
    for number, turn in enumerate(scenario.turns):
        _check_operations(turn.when, turn.reply is not None, ("turns", number, "when"), contract, complain)
        _check_conditions(turn.when, ("turns", number, "when"), complain)
    _check_states(scenario, complain)
    _check_tools(scenario, complain)
    _check_reach(scenario, complain)


def chooses_operation(when: When) -> bool:
    """Whether a `when` names an operation or a path anywhere but under `not`."""
    inner = [*(when.all or ()), *(when.any or ())]
    return when.operation is not None or when.path is not None or any(chooses_operation(one) for one in inner)


def inner_conditions(when: When) -> Iterator[tuple[Path, When]]:
    """The conditions inside a condition, with the path to each."""
    yield from ((("all", number), one) for number, one in enumerate(when.all or ()))
    yield from ((("any", number), one) for number, one in enumerate(when.any or ()))
    if when.not_ is not None:
        yield ("not",), when.not_


def _check_operations(when: When, is_reply: bool, path: Path, contract: Contract, complain: Complain) -> None:
    conversations = {operation.name for operation in contract.operations if operation.is_conversation}
    for number, name in enumerate(when.operation or ()):
        place = (*path, "operation", number)
        if name not in contract.names:
            complain(place, f"no operation is called '{name}'; {did_you_mean(name, contract.names)}")
        elif is_reply and name not in conversations:
            complain(place, f"'{name}' takes no messages, so no reply can answer it; use error or response")
    for key, inner in inner_conditions(when):
        _check_operations(inner, is_reply and key[0] != "not", (*path, *key), contract, complain)


def _states_wanted(when: When, path: Path) -> Iterator[tuple[Path, str]]:
    if when.state is not None:
        yield (*path, "state"), when.state
    for place, inner in inner_conditions(when):
        yield from _states_wanted(inner, (*path, *place))


def _check_states(scenario: Scenario, complain: Complain) -> None:
    """A state that is wanted must be reached by some turn."""
    reached = {turn.then for turn in scenario.turns if turn.then is not None} | {START}
    for number, turn in enumerate(scenario.turns):
        for path, state in _states_wanted(turn.when, ("turns", number, "when")):
            if state not in reached:
                complain(path, f"no turn leads to the state '{state}' by `then`; {did_you_mean(state, reached)}")


def _check_tools(scenario: Scenario, complain: Complain) -> None:
    """A tool's schema must be one, and what a reply calls it with must satisfy it."""
    validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
    for name, schema in scenario.tools.items():
        try:
            validators[name] = jsonschema_rs.Draft202012Validator(
                schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as wrong:
            complain(("tools", name), f"not a JSON Schema: {str(wrong).partition(chr(10))[0]}")
    for number, turn in enumerate(scenario.turns):
        for place, block in enumerate(turn.reply or ()):
            use = block.tool_use
            if use is not None and use.input is not None and use.name in validators:
                path: Path = ("turns", number, "reply", place, "tool_use", "input")
                for error in validators[use.name].iter_errors(use.input):
                    if _is_certain(error, use.input):
                        complain((*path, *error.instance_path), f"breaks the schema of {use.name}: {error.message}")


_CERTAIN = frozenset({"type", "required", "additionalProperties", "minItems", "maxItems", "propertyNames"})
"""Keywords that do not ask what a text says: a template gives text, whatever it is filled with."""


def _is_certain(error: jsonschema_rs.ValidationError, given: object) -> bool:
    """Whether an error in what is given stays, whatever its templates are filled with."""
    if not _has_template(given):
        return True
    if {"then", "else"} & set(error.schema_path):  # the condition may have looked at a template elsewhere
        return False
    return error.schema_path[-1] in _CERTAIN or not _has_template(error.instance)


def _has_template(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_template, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and "{{" in value


def _check_conditions(when: When, path: Path, complain: Complain) -> None:
    """What must not hold may not be what always holds."""
    for key, inner in inner_conditions(when):
        if key == ("not",) and _takes_everything(inner):
            complain((*path, "not"), "takes everything, so that this turn can never be played")
        _check_conditions(inner, (*path, *key), complain)


def _takes_everything(when: When) -> bool:
    if not when.model_fields_set <= {"all", "any"}:
        return False
    every = all(_takes_everything(one) for one in when.all or ())
    return every and (when.any is None or any(_takes_everything(one) for one in when.any))


def _check_reach(scenario: Scenario, complain: Complain) -> None:
    """A turn behind another that is always played, and takes all that it takes, is never played.

    Each turn that is always played is looked up by the demand that is rarest in the file, so that the time grows with
    the file and not with its square.
    """
    demands = [_demands(turn.when) for turn in scenario.turns]
    common = Counter([demand for each in demands for demand in each])
    always: dict[tuple[str, str] | None, list[int]] = {}
    for number, turn in enumerate(scenario.turns):
        places = [place for demand in (None, *demands[number]) for place in always.get(demand, ())]
        cover = next((place for place in sorted(places) if _covers(scenario.turns[place].when, turn.when)), None)
        if cover is not None:
            complain(("turns", number), f"is never played: turn {cover + 1} takes everything that it takes")
        elif turn.times is None:
            rarest = min(demands[number], key=lambda demand: (common[demand], demand), default=None)
            always.setdefault(rarest, []).append(number)


def _demands(when: When) -> list[tuple[str, str]]:
    return [(key, repr(getattr(when, key))) for key in sorted(when.model_fields_set)]


def _covers(wide: When, narrow: When) -> bool:
    """Whether `wide` demands nothing that `narrow` does not, and answers the same operations."""
    keys = wide.model_fields_set
    same = all(key in narrow.model_fields_set and getattr(wide, key) == getattr(narrow, key) for key in keys)
    return same and (chooses_operation(wide) or not chooses_operation(narrow))
