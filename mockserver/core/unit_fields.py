"""The units of `units.py` as field types of files."""

from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from mockserver.core.units import parse_days, parse_duration, parse_rate, parse_share, parse_times


def _unit(parse: Callable[[object], object], pattern: str, example: object, **bounds: object) -> tuple[object, ...]:
    schema = {
        "anyOf": [{"type": "number", "minimum": 0, **bounds}, {"type": "string", "pattern": pattern}],
        "examples": [example],
    }
    return PlainValidator(parse), WithJsonSchema(schema)


Duration: TypeAlias = Annotated[float, *_unit(parse_duration, r"^\d+(\.\d+)?\s*(ms|s|m|h|d)?$", "300ms")]
Days: TypeAlias = Annotated[
    int,
    PlainValidator(parse_days),
    PlainSerializer(lambda value: f"{value}d"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,5}\s*d$", "examples": ["90d"]}),
]
Rate: TypeAlias = Annotated[float, *_unit(parse_rate, r"^\d+(\.\d+)?\s*/\s*(s|m|min|h)$", "40/s")]
Share: TypeAlias = Annotated[float, *_unit(parse_share, r"^\d+(\.\d+)?\s*%$", "10%", maximum=1)]
Times: TypeAlias = Annotated[
    int | None,
    PlainValidator(parse_times),
    PlainSerializer(lambda value: "always" if value is None else value),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "always"}]}),
]
