"""What the parts of one place say together: how many, how large, of which kind.

A *part* is a schema object that applies at a place of the instance, with its JSON Pointer. A value must satisfy all
parts of its place, so every function here takes them all and answers for all: the largest minimum, the kinds that are
in every list, the multiple of every step.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import orjson

from mockserver.core.rng import Rng
from mockserver.openapi.sampling.patterns import MAX_TEXT, generate_text
from mockserver.openapi.sampling.schema import SamplingBudget, SamplingError, SubSchema, compiled_validator
from mockserver.openapi.sampling.values import Bounds, number_candidates, text_candidates

# The kinds of values in the order of preference, and the keywords that speak of one kind only.
TYPES: dict[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "contains", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format", "contentEncoding"),
    "integer": (),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "boolean": (),
    "null": (),
}
# What can be checked of a value without looking into other schemas.
LEAF = {
    *("type", "const", "enum", "pattern", "format", "minLength", "maxLength", "multipleOf", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "minProperties", "maxProperties", "required"),
}
MAX_MULTIPLES = 16  # steps whose common multiple is looked for; more make numbers of thousands of digits
# How many more repeats are tried to make a text of a pattern as long as it must be.
STRETCHES = (2, 0, 1, 3, 5, 8, 13, 21, 34, 55, 89, 255)


Check = Callable[[object], bool]


class Constraint(NamedTuple):
    """A schema object that applies at a place, and its JSON Pointer."""

    schema: Mapping[str, object]
    pointer: str

    def seed(self, *keys: str | int) -> SubSchema:
        """The schema under these keys; an absent one allows anything."""
        found: object = self.schema
        for key in keys:
            if isinstance(found, Mapping):
                found = found.get(str(key), True)
            elif isinstance(found, list) and isinstance(key, int) and key < len(found):
                found = found[key]
        return SubSchema(found, SubSchema(None, self.pointer).under(*keys))

    def seeds(self, key: str) -> list[SubSchema]:
        """The schemas in the list under a keyword."""
        found = self.schema.get(key)
        return [self.seed(key, at) for at in range(len(found))] if isinstance(found, list) else []

    def table(self, key: str) -> Mapping[str, object]:
        """The mapping under a keyword; empty if there is none."""
        found = self.schema.get(key)
        return found if isinstance(found, Mapping) else {}


def numbers_for(parts: Sequence[Constraint], key: str) -> list[Fraction]:
    """The numbers that the parts give for a keyword. Written decimals are taken as written: 0.1 is a tenth."""
    found = (part.schema.get(key) for part in parts)
    return [Fraction(str(n)) for n in found if isinstance(n, int | float) and not isinstance(n, bool)]


def size_range(parts: Sequence[Constraint], least: str, most: str, limit: int) -> tuple[int, int]:
    """How many at least and at most, in a word: letters, items, properties."""
    low = int(max(numbers_for(parts, least), default=Fraction(0)))
    high = int(min(numbers_for(parts, most), default=Fraction(limit)))
    if low > min(high, limit):
        pointer = next(part.seed(least).pointer for part in parts if least in part.schema)
        raise SamplingError(pointer, f"more than {min(high, limit)} cannot be had")
    return low, min(high, limit)


def numeric_bounds(parts: Sequence[Constraint]) -> Bounds:
    """The interval of all parts together; of equal ends the open one counts. Draft 4 says open by a boolean."""
    ends: list[tuple[Fraction | None, bool]] = []
    for closed, opened, sign in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        found = [(sign * end, True) for end in numbers_for(parts, opened)]
        for part in parts:
            found += [(sign * end, part.schema.get(opened) is True) for end in numbers_for([part], closed)]
        end, is_open = max(found, default=(None, False))
        ends.append((None if end is None else sign * end, is_open))
    steps = tuple(step for step in numbers_for(parts, "multipleOf") if step > 0)[:MAX_MULTIPLES]
    return Bounds(ends[0][0], ends[1][0], ends[0][1], ends[1][1], steps)


def _type_names(declared: object) -> list[str]:
    return [str(name) for name in declared] if isinstance(declared, list) else [str(declared)]


def _common_types(first: list[str], second: list[str]) -> list[str]:
    """The kinds in both lists, where an integer is a number too."""
    found = [name for name in first if name in second or (name == "integer" and "number" in second)]
    if "number" in first and "integer" in second and "integer" not in found:
        found.append("integer")
    return found


def allowed_types(parts: Sequence[Constraint]) -> list[str]:
    """The kinds that every part allows: in the order of the first that says so, else those its keywords speak of."""
    allowed: list[str] | None = None
    gone: set[str] = set()
    for part in parts:
        if "type" in part.schema:
            names = _type_names(part.schema["type"])
            allowed = names if allowed is None else _common_types(allowed, names)
        barred = part.table("not")
        if set(barred) == {"type"}:
            gone.update(_type_names(barred["type"]))
    if "number" in gone:
        gone.add("integer")
    if allowed is None:
        keywords = {key for part in parts for key in part.schema}
        spoken = [kind for kind, words in TYPES.items() if keywords.intersection(words)]
        allowed = list(dict.fromkeys([*spoken, "string", *TYPES]))
    return sorted((name for name in allowed if name not in gone), key=lambda name: name == "null")


def local_validator(parts: Sequence[Constraint], budget: SamplingBudget) -> Check:
    """Whether a value satisfies what the parts say about it, as far as that stands in the parts themselves."""
    leaves = [{key: item for key, item in part.schema.items() if _is_leaf(key, item)} for part in parts]
    raw = orjson.dumps({"allOf": leaves} if leaves else True)
    pointer = parts[0].pointer if parts else ""
    budget.spend(pointer, 1 + len(raw) // 256)
    try:
        accepts: Check = compiled_validator(raw).is_valid
    except SamplingError as error:
        raise SamplingError(pointer, error.reason) from None
    return accepts


def _is_leaf(key: str, item: object) -> bool:
    return key in LEAF or (key == "not" and isinstance(item, Mapping) and LEAF.issuperset(item))


def name_matches(pattern: str, name: str) -> bool:
    """Whether the name of a property matches; by the validator's matcher, because its backtracking has a limit."""
    accepts: bool = compiled_validator(orjson.dumps({"pattern": pattern})).is_valid(name)
    return accepts


def scalar_candidates(
    kind: str, parts: Sequence[Constraint], name: str, dice: Rng, budget: SamplingBudget, variety: int, broken: bool
) -> Iterator[object]:
    """Candidates of a kind that holds no other values, best first."""
    if kind == "string":
        yield from _string_candidates(parts, name, dice, budget, variety)
    elif kind in ("integer", "number"):
        yield from number_candidates(name, numeric_bounds(parts), kind == "integer", dice, variety, broken)
    elif kind == "boolean":
        first = bool(dice.below(2))
        yield from (first, not first)
    elif kind == "null":
        yield None


def _string_candidates(
    parts: Sequence[Constraint], name: str, dice: Rng, budget: SamplingBudget, variety: int
) -> Iterator[str]:
    pointer = parts[0].pointer if parts else ""
    least, most = size_range(parts, "minLength", "maxLength", MAX_TEXT)
    budget.spend(pointer, 1 + least // 64)
    forms = [str(part.schema[key]) for key in ("format", "contentEncoding") for part in parts if key in part.schema]
    # A plain word first, even for a pattern: it is more readable than what a pattern alone can say.
    yield from text_candidates(name, forms[0] if forms else "", dice, least, most, variety)
    if any("contentMediaType" in part.schema for part in parts):
        yield "{}"
    patterns = [str(part.schema["pattern"]) for part in parts if "pattern" in part.schema]
    for stretch in (*STRETCHES, least // 2, least) if patterns else ():
        for through in (True, False):
            for pattern in patterns:
                for text in texts_for_pattern(pattern, dice, budget, stretch, through):
                    if least <= len(text) <= most:
                        yield text


def texts_for_pattern(pattern: str, dice: Rng, budget: SamplingBudget, stretch: int, through: bool = True) -> list[str]:
    """The text for a pattern, or nothing if it is beyond us. Letters cost, a failure as much as the longest text."""
    try:
        text = generate_text(pattern, dice, stretch=stretch, through=through)
    except ValueError:
        budget.spend("", MAX_TEXT // 4)
        return []
    budget.spend("", 1 + len(text) // 4)
    return [text]
