"""What the schemas that apply at one location demand together: which types, how many, how large.

A `Constraint` is a schema object that applies at a location of the instance, with its JSON Pointer. A value must
satisfy all constraints of its location, so every function here combines them all: the largest minimum, the types that
are in every list, a multiple of every step.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import orjson

from mockserver.core.rng import Rng
from mockserver.openapi.sampling.patterns import MAX_TEXT, generate_text
from mockserver.openapi.sampling.schema import SamplingBudget, SamplingError, SubSchema, compiled_validator
from mockserver.openapi.sampling.values import Bounds, number_candidates, text_candidates

# The types in the order of preference, and the keywords that concern one type only.
TYPES: dict[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "contains", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format", "contentEncoding"),
    "integer": (),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "boolean": (),
    "null": (),
}
# The keywords that can be checked without reading other schemas.
LEAF = {
    *("type", "const", "enum", "pattern", "format", "minLength", "maxLength", "multipleOf", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "minProperties", "maxProperties", "required"),
}
MAX_MULTIPLES = 16  # steps whose common multiple is computed; more would make numbers of thousands of digits
# How many more repeats to try when a text must match a pattern and be of a certain length.
STRETCHES = (2, 0, 1, 3, 5, 8, 13, 21, 34, 55, 89, 255)


Check = Callable[[object], bool]


class Constraint(NamedTuple):
    """A schema object that applies at a location of the instance, and its JSON Pointer."""

    schema: Mapping[str, object]
    pointer: str

    def subschema(self, *keys: str | int) -> SubSchema:
        """Return the schema under these keys; an absent one allows anything."""
        value: object = self.schema
        for key in keys:
            if isinstance(value, Mapping):
                value = value.get(str(key), True)
            else:
                assert isinstance(value, list)  # callers ask for indexes that exist
                assert isinstance(key, int)
                value = value[key]
        return SubSchema(value, SubSchema(None, self.pointer).under(*keys))

    def subschemas(self, key: str) -> list[SubSchema]:
        """Return the schemas in the list under a keyword."""
        listed = self.schema.get(key)
        return [self.subschema(key, at) for at in range(len(listed))] if isinstance(listed, list) else []

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return the mapping under a keyword, empty if there is none."""
        value = self.schema.get(key)
        return value if isinstance(value, Mapping) else {}


def numbers_for(constraints: Sequence[Constraint], key: str) -> list[Fraction]:
    """Return the numbers of a keyword. Decimals are taken as written: 0.1 is a tenth."""
    values = (constraint.schema.get(key) for constraint in constraints)
    return [Fraction(str(n)) for n in values if isinstance(n, int | float) and not isinstance(n, bool)]


def size_range(constraints: Sequence[Constraint], least: str, most: str, limit: int) -> tuple[int, int]:
    """Return the smallest and the largest allowed size: of letters, items or properties, by the two keywords.

    Raises `SamplingError` if no size up to `limit` is allowed.
    """
    low = int(max(numbers_for(constraints, least), default=Fraction(0)))
    high = int(min(numbers_for(constraints, most), default=Fraction(limit)))
    if low > min(high, limit):
        pointer = next(each.subschema(least).pointer for each in constraints if least in each.schema)
        raise SamplingError(pointer, f"more than {min(high, limit)} are not possible")
    return low, min(high, limit)


def numeric_bounds(constraints: Sequence[Constraint]) -> Bounds:
    """Return the interval of all constraints; of equal ends the open one counts. Draft 4 marks open by a boolean."""
    ends: list[tuple[Fraction | None, bool]] = []
    for closed, opened, sign in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        limits = [(sign * end, True) for end in numbers_for(constraints, opened)]
        for constraint in constraints:
            is_open = constraint.schema.get(opened) is True
            limits += [(sign * end, is_open) for end in numbers_for([constraint], closed)]
        end, is_open = max(limits, default=(None, False))
        ends.append((None if end is None else sign * end, is_open))
    steps = tuple(step for step in numbers_for(constraints, "multipleOf") if step > 0)[:MAX_MULTIPLES]
    return Bounds(ends[0][0], ends[1][0], ends[0][1], ends[1][1], steps)


def _type_names(declared: object) -> list[str]:
    return [str(name) for name in declared] if isinstance(declared, list) else [str(declared)]


def _common_types(first: list[str], second: list[str]) -> list[str]:
    """Return the types in both lists, where an integer is also a number."""
    common = [name for name in first if name in second or (name == "integer" and "number" in second)]
    if "number" in first and "integer" in second and "integer" not in common:
        common.append("integer")
    return common


def allowed_types(constraints: Sequence[Constraint]) -> list[str]:
    """Return the types that every constraint allows, null last.

    The order is that of the first constraint with a `type`. Without one, the types that the keywords concern come
    first.
    """
    allowed: list[str] | None = None
    excluded: set[str] = set()
    for constraint in constraints:
        if "type" in constraint.schema:
            names = _type_names(constraint.schema["type"])
            allowed = names if allowed is None else _common_types(allowed, names)
        negated = constraint.mapping("not")
        if set(negated) == {"type"}:
            excluded.update(_type_names(negated["type"]))
    if "number" in excluded:
        excluded.add("integer")
    if allowed is None:
        used = {key for constraint in constraints for key in constraint.schema}
        concerned = [name for name, keywords in TYPES.items() if used.intersection(keywords)]
        allowed = list(dict.fromkeys([*concerned, "string", *TYPES]))
    return sorted((name for name in allowed if name not in excluded), key=lambda name: name == "null")


def local_validator(constraints: Sequence[Constraint], budget: SamplingBudget) -> Check:
    """Return a check of the keywords that need no other schemas. Raises `SamplingError` for an invalid schema."""
    leaves = [{key: item for key, item in each.schema.items() if _is_leaf(key, item)} for each in constraints]
    raw = orjson.dumps({"allOf": leaves} if leaves else True)
    pointer = constraints[0].pointer if constraints else ""
    budget.spend(pointer, 1 + len(raw) // 256)
    try:
        accepts: Check = compiled_validator(raw).is_valid
    except SamplingError as error:
        raise SamplingError(pointer, error.reason) from None
    return accepts


def _is_leaf(key: str, item: object) -> bool:
    return key in LEAF or (key == "not" and isinstance(item, Mapping) and LEAF.issuperset(item))


def name_matches(pattern: str, name: str) -> bool:
    """Return whether a property's name matches. The validator matches it, because its backtracking has a limit."""
    accepts: bool = compiled_validator(orjson.dumps({"pattern": pattern})).is_valid(name)
    return accepts


def scalar_candidates(
    type_: str,
    constraints: Sequence[Constraint],
    name: str,
    rng: Rng,
    budget: SamplingBudget,
    variety: int,
    fractional: bool,
) -> Iterator[object]:
    """Yield candidates of a type that holds no other values, best first."""
    if type_ == "string":
        yield from _string_candidates(constraints, name, rng, budget, variety)
    elif type_ in ("integer", "number"):
        bounds = numeric_bounds(constraints)
        yield from number_candidates(name, bounds, type_ == "integer", rng, variety, fractional)
    elif type_ == "boolean":
        first = bool(rng.below(2))
        yield from (first, not first)
    elif type_ == "null":
        yield None


def _string_candidates(
    constraints: Sequence[Constraint], name: str, rng: Rng, budget: SamplingBudget, variety: int
) -> Iterator[str]:
    pointer = constraints[0].pointer if constraints else ""
    least, most = size_range(constraints, "minLength", "maxLength", MAX_TEXT)
    budget.spend(pointer, 1 + least // 64)
    keys = ("format", "contentEncoding")
    formats = [str(each.schema[key]) for key in keys for each in constraints if key in each.schema]
    # A plain word first, even for a pattern: it is more readable than a text made from the pattern alone.
    yield from text_candidates(name, formats[0] if formats else "", rng, least, most, variety)
    if any("contentMediaType" in each.schema for each in constraints):
        yield "{}"
    patterns = [str(each.schema["pattern"]) for each in constraints if "pattern" in each.schema]
    for stretch in (*STRETCHES, least // 2, least) if patterns else ():
        for through in (True, False):
            for pattern in patterns:
                for text in texts_for_pattern(pattern, rng, budget, stretch, through):
                    if least <= len(text) <= most:
                        yield text


def texts_for_pattern(pattern: str, rng: Rng, budget: SamplingBudget, stretch: int, through: bool = True) -> list[str]:
    """Return one text for the pattern, or none for an unsupported pattern. A failure costs as much as a long text."""
    try:
        text = generate_text(pattern, rng, stretch=stretch, through=through)
    except ValueError:
        budget.spend("", MAX_TEXT // 4)
        return []
    budget.spend("", 1 + len(text) // 4)
    return [text]
