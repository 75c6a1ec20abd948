"""Compiling a fault: from its name and parameters in a scenario file to a function on an answer.

Spellings: `crlf` and `{quirk: crlf}` are the same; `{stall: {at: 3, for: 5s}}` sets parameters by name; `{gzip: each}`
sets the main parameter.
"""

from collections.abc import Mapping
from typing import Final, cast, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from mockserver.core.errors import did_you_mean
from mockserver.faults.compiled import CompiledFault
from mockserver.faults.fault import Fault, Parameters
from mockserver.faults.table import FAULTS


def compile_fault(spelling: str | Mapping[str, JsonValue]) -> CompiledFault:
    """Return the fault that a scenario file spells like this.

    Raises `ValueError` with the remedy for an unknown name or a wrong parameter.
    """
    name, value = _name_and_value(spelling)
    fault = FAULTS.get(name)
    if fault is None:
        raise ValueError(f"no fault is called '{name}'; {did_you_mean(name, FAULTS)}")
    words = spelling if isinstance(spelling, str) else dict(spelling)
    return CompiledFault(fault, _parameters(fault, value), words)


class _Bare:
    """The value of a name that is written alone: not even null."""


_BARE: Final = _Bare()


def _name_and_value(spelling: str | Mapping[str, JsonValue]) -> tuple[str, JsonValue | _Bare]:
    if isinstance(spelling, str):
        return spelling, _BARE
    if len(spelling) != 1:
        raise ValueError("expected one fault, such as crlf or {stall: {at: 3, for: 5s}}")
    name, value = next(iter(spelling.items()))
    if name != "quirk":
        return name, value
    if not isinstance(value, str):
        raise ValueError("expected the name of a fault, such as {quirk: crlf}")  # noqa: TRY004 - pydantic expects it
    return value, _BARE


def _parameters(fault: Fault, value: JsonValue | _Bare) -> Parameters:
    model = fault.parameters
    # Null is a value where the main parameter can be null: {content_type: null} sends none.
    if value is None and model.main and _takes_null(model):
        return model.model_validate({model.main: None})
    if not isinstance(value, dict) and value is not None and value is not _BARE:
        if not model.main:
            raise ValueError(f"{fault.name} has {_known(model)}, so name the one you mean")
        value = {model.main: cast(JsonValue, value)}
    # A mapping without a parameter's name can be the value of the main parameter: {stall: {uniform: [1s, 9s]}}.
    elif isinstance(value, dict) and model.main and not _names_parameters(model, value):
        value = {model.main: value}
    try:
        return model.model_validate(value if isinstance(value, dict) else {})
    except ValidationError as error:
        raise ValueError(_message(fault, error)) from None


def _takes_null(model: type[Parameters]) -> bool:
    return type(None) in get_args(model.model_fields[model.main].annotation)


def _names_parameters(model: type[BaseModel], value: Mapping[str, JsonValue]) -> bool:
    """Return whether a mapping names parameters; otherwise it is a distribution, the value of the main one."""
    own = {*model.model_fields, *[field.alias for field in model.model_fields.values() if field.alias]}
    return not (set(value) <= {"uniform", "normal", "lognormal"}) or bool(set(value) & own)


def _parameter_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _known(model: type[BaseModel]) -> str:
    names = _parameter_names(model)
    return f"the parameters {', '.join(names)}" if names else "no parameters"


def _message(fault: Fault, error: ValidationError) -> str:
    """Return the first mistake in the parameters, in words. An unknown parameter comes before a wrong value."""
    mistakes = error.errors(include_url=False)
    mistake = next((mistake for mistake in mistakes if mistake["type"] == "extra_forbidden"), mistakes[0])
    place = _place(mistake)
    if mistake["type"] == "extra_forbidden" and len(mistake["loc"]) == 1:
        names = _parameter_names(fault.parameters)
        remedy = did_you_mean(place, names) if names else "it has no parameters"
        return f"{fault.name}: no parameter is called '{place}'; {remedy}"
    message = mistake["msg"].removeprefix("Value error, ")
    return f"{fault.name}: {place}: {message}" if place else f"{fault.name}: {message}"


def _place(mistake: ErrorDetails) -> str:
    """Return the path of a mistake as the author wrote it, without the members of unions that pydantic names."""
    hidden = _UNIONS | ({"value"} if "Fixed" in mistake["loc"] else set())
    return ".".join([str(part) for part in mistake["loc"] if part not in hidden])


_UNIONS = frozenset({"Fixed", "Uniform", "Normal", "LogNormal", "int", "str"})
