"""What can go wrong on the wire: one table of pure functions on actions.

A fault is chosen by name in a turn's `faults` (or by chaos); its parameters are the fields of its model. Scenario
files, `mockserver faults`, docs/faults.md and the tests read this one table, so nothing exists that is not in it.

Rules:

- Faults act in the order in which they are written, each on what the one before has made of the answer, and on whole
  events: those that split an event over several writes act last, wherever they are written (`order`).
- A fault rolls only the dice of its context; it says so (`NoEffectError`) when it finds nothing to act on, for a fault
  that silently does nothing is the worst bug that a tool of this kind can have. The dry run refuses such a file.

Spellings: `crlf` and `{quirk: crlf}` are the same; `{stall: {at: 3, for: 5s}}`; `{gzip: each}` sets the main parameter.

To add a fault: docs/creating-a-fault.md.
"""

from collections.abc import Mapping
from typing import Final, cast, get_args

from pydantic import BaseModel, JsonValue, ValidationError

from mockserver.core.errors import did_you_mean
from mockserver.faults import calls, connection, content, delays, extras, fields, framing, headers, http, sequence
from mockserver.faults.fault import CompiledFault, Context, Fault, NoEffectError, Parameters
from mockserver.faults.order import Applied, Splitter, apply_faults, in_order, split_writes

__all__ = [
    "FAULTS",
    "GROUPS",
    "Applied",
    "CompiledFault",
    "Context",
    "Fault",
    "NoEffectError",
    "Splitter",
    "apply_faults",
    "compile_fault",
    "in_order",
    "split_writes",
]

GROUPS: Mapping[str, str] = {
    "http": "Status, headers and body are not what the client asked for.",
    "connection": "The connection breaks, hangs, trickles, or is framed wrongly.",
    "framing": "The stream says the same in unusual bytes, or ends oddly.",
    "meaning": "Events or fields are missing, doubled, unknown, broken, or errors.",
    "content": "The text itself is odd.",
    "calls": "The tool calls are odd.",
    "time": "The answer comes late or slowly.",
}

_MODULES = (http, headers, connection, framing, extras, sequence, fields, content, calls, delays)
_ROWS: tuple[Fault, ...] = tuple([row for module in _MODULES for row in module.FAULTS])

FAULTS: Mapping[str, Fault] = {row.name: row for group in GROUPS for row in _ROWS if row.group == group}


def compile_fault(given: str | Mapping[str, JsonValue]) -> CompiledFault:
    """A fault as a scenario names it, made ready.

    Raises `ValueError` with the remedy for a name or a parameter that means nothing.
    """
    name, value = _named(given)
    fault = FAULTS.get(name)
    if fault is None:
        raise ValueError(f"no fault is called '{name}'; {did_you_mean(name, FAULTS)}")
    return CompiledFault(fault, _parameters(fault, value))


class _Bare:
    """What follows a name that stands alone: not even null."""


_BARE: Final = _Bare()


def _takes_null(model: type[Parameters]) -> bool:
    """Whether null is a value of the main parameter, and not just nothing: {content_type: null} sends none."""
    return type(None) in get_args(model.model_fields[model.main].annotation)


def _named(given: str | Mapping[str, JsonValue]) -> tuple[str, JsonValue | _Bare]:
    """The name, and what follows it."""
    if isinstance(given, str):
        return given, _BARE
    if len(given) != 1:
        raise ValueError("expected one fault, such as crlf or {stall: {at: 3, for: 5s}}")
    name, value = next(iter(given.items()))
    if name != "quirk":
        return name, value
    if not isinstance(value, str):
        raise ValueError("expected the name of a fault, such as {quirk: crlf}")  # noqa: TRY004 (pydantic's way)
    return value, _BARE


def _parameters(fault: Fault, value: JsonValue | _Bare) -> Parameters:
    model = fault.parameters
    if value is None and model.main and _takes_null(model):
        return model.model_validate({model.main: None})
    if not isinstance(value, dict) and value is not None and value is not _BARE:
        if not model.main:
            raise ValueError(f"{fault.name} has {_known(model)}, so name the one you mean")
        value = {model.main: cast(JsonValue, value)}
    elif isinstance(value, dict) and model.main and not _speaks(model, value):
        value = {model.main: value}
    try:
        return model.model_validate(value if isinstance(value, dict) else {})
    except ValidationError as error:
        raise ValueError(_told(fault, error)) from None


def _speaks(model: type[BaseModel], value: Mapping[str, JsonValue]) -> bool:
    """Whether a mapping names parameters; else it may be the main parameter's own value (a distribution)."""
    own = {*model.model_fields, *[field.alias for field in model.model_fields.values() if field.alias]}
    return not (set(value) <= {"uniform", "normal", "lognormal"}) or bool(set(value) & own)


def names_of(model: type[BaseModel]) -> list[str]:
    """The parameters as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _known(model: type[BaseModel]) -> str:
    names = names_of(model)
    return f"the parameters {', '.join(names)}" if names else "no parameters"


def _told(fault: Fault, error: ValidationError) -> str:
    """The first mistake in the parameters, in words."""
    mistakes = error.errors(include_url=False)
    found = next((mistake for mistake in mistakes if mistake["type"] == "extra_forbidden"), mistakes[0])
    hidden = _UNIONS | ({"value"} if "Fixed" in found["loc"] else set())
    place = ".".join([str(part) for part in found["loc"] if part not in hidden])
    if found["type"] == "extra_forbidden" and len(found["loc"]) == 1:
        names = names_of(fault.parameters)
        remedy = did_you_mean(place, names) if names else "it has no parameters"
        return f"{fault.name}: no parameter is called '{place}'; {remedy}"
    message = found["msg"].removeprefix("Value error, ")
    return f"{fault.name}: {place}: {message}" if place else f"{fault.name}: {message}"


_UNIONS = frozenset({"Fixed", "Uniform", "Normal", "LogNormal", "int", "str"})
