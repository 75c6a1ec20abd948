"""The arguments of the fixture's calls, of `mockserver.start` and of the marker: what each takes.

A name means the same everywhere, so one table has them all. A wrong argument is one message with the remedy, raised at
the line of the test: never a `TypeError` from the inside of the mock.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

from mockserver.core.errors import MockserverError, OperatorError, did_you_mean
from mockserver.core.units import parse_duration

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""

P = ParamSpec("P")
T = TypeVar("T")


class Expected(NamedTuple):
    """What an argument takes: a test of a value, and the words for a message."""

    accepts: Callable[[object], bool]
    words: str


def _is(*types: type) -> Callable[[object], bool]:
    """Return a test for a value of these types; True and False are no numbers."""
    return lambda value: isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _is_model(module: str, name: str) -> Callable[[object], bool]:
    """Return a test for a value of a class. Nobody has a value of it unless its module was imported."""
    return lambda value: module in sys.modules and isinstance(value, getattr(sys.modules[module], name))


def _either(*tests: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: any(test(value) for test in tests)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _can(convert: Callable[[Any], object], value: object) -> bool:  # Any: what a conversion takes is what is tested
    try:
        convert(value)
    except (ValueError, TypeError, ArithmeticError):
        return False
    return True


_SWITCH = Expected(_is(bool), "True or False")
_CHAOS = Expected(_is(str, Path, Mapping, type(None)), "the name of a profile, a path, YAML text or {'rules': […]}")

ARGUMENTS: Mapping[str, Expected] = {
    "scenario": Expected(
        _either(_is(str, Path, Mapping, type(None)), _is_model("mockserver.scenarios.schema", "Scenario")),
        "a shipped name, a path, YAML text, a mapping or a Scenario",
    ),
    "seed": Expected(_is(str, int, type(None)), "a text or a whole number"),
    "account": Expected(
        _either(_is(Mapping, type(None)), _is_model("mockserver.accounts.schema", "Account")),
        "a mapping such as {'credits': 3}",
    ),
    "chaos": _CHAOS,
    "profile": _CHAOS,
    "strict": _SWITCH,
    "lenient": _SWITCH,
    "extensions": Expected(_is(str, list, tuple), "the name of an extension, or a list of names"),
    "record": Expected(_is(bool, str, type(None)), "True, or a mode: none, once, new, all"),
    "in_process": _SWITCH,
    "control": _SWITCH,
    "clock": Expected(lambda value: value in ("virtual", "real"), "'virtual' or 'real'"),
    "speed": Expected(lambda value: _is_number(value) and value > 0, "a number above 0"),  # type: ignore[operator]  # a number
    "host": Expected(_is(str), "an address such as '127.0.0.1'"),
    "port": Expected(
        lambda value: _is(int)(value) and value in range(65_536), "a port from 0 to 65535; 0 is a free one"
    ),
    "name": Expected(_is(str), "a text"),
    "tool": Expected(_is(str), "the name of a tool"),
    "input": Expected(_is(Mapping, type(None)), "the tool's input as a mapping, or as keywords"),
    "status": Expected(_is(int, Mapping), "a status from 400 to 599, or a mapping with status"),
    "fault": Expected(_is(str, Mapping), "the name of a fault"),
    "keys": Expected(_is(Mapping, type(None)), "the keys of a turn as a mapping, or as keywords"),
    "when": Expected(_is(Mapping, type(None)), "a mapping such as {'last': 'user'}"),
    "steps": Expected(
        lambda value: isinstance(value, tuple) and all(isinstance(step, Mapping) for step in value),
        "mappings such as {'last': 'user'}",
    ),
    "times": Expected(lambda value: value == "always" or _is(int, type(None))(value), "a whole number"),
    "concurrency": Expected(_is(int, type(None)), "a whole number"),
    "read_timeout": Expected(lambda value: value is None or _is_number(value), "a number of seconds"),
    "by": Expected(lambda value: _can(parse_duration, value), "a time such as '90s', '1h' or a number of seconds"),
    "credits": Expected(lambda value: _can(Decimal, value), "a number of credits, such as 3 or '0.25'"),
    "left": Expected(lambda value: _can(Decimal, value), "a number of credits, such as 3 or '0.25'"),
    "timeout": Expected(_is_number, "a number of seconds"),
    "events": Expected(_is(int, type(None)), "a number of events"),
}


def conditions() -> frozenset[str]:
    """Return the keys of `when`, which a call that takes `**when` takes beside its own arguments."""
    from mockserver.scenarios.when import When  # most calls have no condition, and its models take long to import

    return frozenset({*When.model_fields, *(field.alias for field in When.model_fields.values() if field.alias)})


def check_arguments(call: str, arguments: Mapping[str, object]) -> None:
    """Raise `OperatorError` for the first argument of a wrong type. `call` names the call in the message."""
    for name, value in arguments.items():
        expected = ARGUMENTS.get(name)
        if expected is not None and not expected.accepts(value):
            shown = repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:40]}…"
            raise OperatorError(f"{call}: {name}: expected {expected.words}, not {shown}")


def checked(example: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a method refuse wrong arguments with a message that has an example of a right call.

    An error of the caller is raised without the frames of the mock.
    """

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(method)
        call = example.partition("(")[0]
        kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
        # A keyword may have the name of a positional parameter, `fault("retry_after", value="7")`; until Python 3.13,
        # `bind` takes it for that parameter.
        takes_any = inspect.Parameter.VAR_KEYWORD in kinds.values()
        hidden = {name for name, kind in kinds.items() if takes_any and kind is inspect.Parameter.POSITIONAL_ONLY}

        @wraps(method)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            unknown = _unknown(signature, kwargs)
            if unknown:
                raise OperatorError(f"{call}: {unknown}")
            try:
                bound = signature.bind(*args, **{name: value for name, value in kwargs.items() if name not in hidden})
            except TypeError as error:
                raise OperatorError(f"{call}: {error}; write {example}") from None
            check_arguments(call, bound.arguments)
            try:
                return method(*args, **kwargs)
            except MockserverError as error:
                raise error.with_traceback(None) from None

        return wrapper

    return decorate


def _unknown(signature: inspect.Signature, keywords: Mapping[str, object]) -> str:
    """Return the message about the first keyword that a call does not know, with the nearest name, or ""."""
    known = set(signature.parameters) - {"self"}
    rest = next((name for name, one in signature.parameters.items() if one.kind is one.VAR_KEYWORD), None)
    if rest not in (None, "when"):
        return ""  # the keys of a turn or of a fault: the schema checks them
    if rest == "when" and (keywords.keys() - known or "when" in keywords):
        known = (known - {"when"}) | conditions()
    unknown = next((name for name in keywords if name not in known), None)
    return "" if unknown is None else f"unknown argument '{unknown}'; {did_you_mean(unknown, known)}"
