"""One instance of any JSON Schema: small, readable, valid, and the same for ever.

`sample(schema, *seed_parts)` answers for a tool that a client forces: it makes the call's arguments. The schema is the
client's, so it is hostile until proved otherwise.

Rules: what is returned satisfies the schema by jsonschema_rs, else `SamplingError` is raised with the JSON Pointer of
the part that stood in the way. Nothing is fetched, no clock or global generator is read, and every walk spends from one
budget, so each schema ends in bounded time. Required properties only, unless more are needed; `const`, then an example,
default or member of `enum`, then a value by the property's name, then by format and type.

Theory: a *place* in the instance is a list of *parts*, schema objects that all apply there. `$ref` and `allOf` add
parts; `anyOf`, `oneOf` and `if` are choices, tried in order, those that recurse last; going down to a property or an
item collects the child schemas of every part. So keywords never have to be merged into a new schema. What this cannot
see (`not` over objects, a `oneOf` that matches twice) the validator sees, and an attempt with other choices follows.

Evaluated first, over 108 schemas: jsf 0.11 (2024) makes 62 valid, rolls the global `random`, fetches `$ref`s;
hypothesis-jsonschema 0.23 (2024) 71, fails on today's hypothesis for most objects, and takes 1.5 s at worst;
polyfactory makes models, not schemas; `jsonschema_rs.canonicalize` merges exactly, but takes 4 s for 40 `if`s and
overflows the stack on 10,000 chained `$ref`s. None can stand before a hostile client: this walks by itself and leaves
the judging to jsonschema_rs. Patterns and formats: see `patterns` and `values`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import orjson

from mockserver.core.rng import Rng
from mockserver.openapi.sampling.constraints import (
    Check,
    Constraint,
    allowed_types,
    local_validator,
    name_matches,
    numbers_for,
    scalar_candidates,
    size_range,
    texts_for_pattern,
)
from mockserver.openapi.sampling.schema import (
    MAX_HOPS,
    REFERENCES,
    SamplingBudget,
    SamplingError,
    SchemaDocument,
    SubSchema,
    charge_validation,
    schema_document,
)

__all__ = ["SamplingError", "sample"]

ATTEMPTS = 8
MAX_DEPTH = 32  # places inside places
MAX_WAYS = 8  # combinations of branches tried at one place
MAX_CHOICES = 64  # choices one after another at one place
MAX_ITEMS = 10_000  # items or properties of one place
CANDIDATES = 100  # values tried for one place
VARIETIES = 12  # items tried where all must differ

_Way = list[SubSchema]


def sample(schema: Mapping[str, object] | bool, *seed_parts: object) -> object:
    """A JSON value that satisfies the schema, derived from the seed parts; `SamplingError` if none is found."""
    whole = schema_document(schema)
    budget = SamplingBudget()
    checks: dict[tuple[str, ...], Check] = {}
    first: SamplingError | None = None
    for attempt in range(ATTEMPTS):
        try:
            dice = Rng("sample", attempt, *seed_parts)
            value = _Sampler(whole, budget, checks, attempt, dice).make([SubSchema(whole.root, "")])
            charge_validation(whole, value, budget)
        except (SamplingError, RecursionError) as error:
            first = first or (error if isinstance(error, SamplingError) else SamplingError("", "it is too deep"))
            if budget.left < 0:
                break
            continue
        if whole.validator.is_valid(value):
            return value
        problem = next(whole.validator.iter_errors(value))
        first = first or SamplingError(SubSchema(None, "").under(*problem.schema_path), problem.message[:200])
    assert first is not None  # every attempt that ends without a value leaves its reason
    raise first


class _Sampler:
    """One walk over a schema. Odd attempts take no hints from examples, defaults and names of properties."""

    def __init__(
        self,
        whole: SchemaDocument,
        budget: SamplingBudget,
        checks: dict[tuple[str, ...], Check],
        attempt: int,
        dice: Rng,
    ) -> None:
        self.whole = whole
        self.budget = budget
        self.checks = checks
        self.attempt = attempt
        self.dice = dice
        self.hints = attempt % 2 == 0
        self.depth = 0
        self.variety = 0
        self.open: Counter[str] = Counter()

    # A place: its ways, its parts, its value.

    def make(self, seeds: _Way, name: str = "") -> object:
        """A value for the place where all the seeds apply."""
        problem = SamplingError(seeds[0].pointer if seeds else "", "no branch of it can be taken")
        if self.depth >= MAX_DEPTH:
            raise SamplingError(problem.pointer, f"it goes deeper than {MAX_DEPTH} levels")
        self.depth += 1
        try:
            for at, parts in enumerate(islice(self.ways(seeds), MAX_WAYS)):
                try:
                    return self.build(parts, name)
                except SamplingError as error:
                    problem = problem if at else error
                    self.go_on(error)
            raise problem
        finally:
            self.depth -= 1

    def go_on(self, error: SamplingError) -> None:
        """After a failure: another way may be tried unless the budget is spent."""
        if self.budget.left < 0:
            raise error

    def ways(self, seeds: _Way) -> Iterator[list[Constraint]]:
        """The lists of parts that the seeds can be read as, one for each combination of branches."""
        parts, choices = self.flatten(seeds)
        return self.expand(parts, choices, 0)

    def expand(self, parts: list[Constraint], choices: list[list[_Way]], level: int) -> Iterator[list[Constraint]]:
        if not choices:
            yield parts
        elif level < MAX_CHOICES:
            for way in self.ordered(choices[0]):
                try:
                    more, nested = self.flatten(way)
                except SamplingError as error:
                    self.go_on(error)
                    continue
                joined = [*parts, *more]
                self.budget.spend(way[0].pointer, 1 + len(joined))
                if allowed_types(joined):
                    yield from self.expand(joined, [*choices[1:], *nested], level + 1)

    def flatten(self, way: _Way) -> tuple[list[Constraint], list[list[_Way]]]:
        """The parts that apply without a choice, and the choices that are left."""
        parts: list[Constraint] = []
        choices: list[list[_Way]] = []
        todo = [(seed, 0) for seed in reversed(way)]
        while todo:
            seed, hops = todo.pop()
            self.budget.spend(seed.pointer)
            if seed.schema is True:
                continue
            if not isinstance(seed.schema, Mapping):
                raise SamplingError(seed.pointer, "nothing is allowed here")
            if hops > MAX_HOPS:
                raise SamplingError(seed.pointer, "its references go in a circle")
            part = Constraint(seed.schema, seed.pointer)
            parts.append(part)
            todo.extend((each, hops + 1) for each in reversed([*self.referred(part), *part.seeds("allOf")]))
            choices.extend([[each] for each in part.seeds(key)] for key in ("anyOf", "oneOf") if key in part.schema)
            if "if" in part.schema:
                choices.append([[part.seed("if"), part.seed("then")], [part.seed("else")]])
        return parts, choices

    def referred(self, part: Constraint) -> Iterator[SubSchema]:
        for key in REFERENCES:
            if key in part.schema:
                found = self.whole.resolve(part.schema[key])
                if found is None:
                    raise SamplingError(part.seed(key).pointer, "what it refers to is not in this document")
                yield found

    def ordered(self, ways: Sequence[_Way]) -> list[_Way]:
        """As written, or turned round in a later attempt; null after the others, and what recurses last."""
        turn = self.turn(len(ways))
        return sorted([*ways[turn:], *ways[:turn]], key=lambda way: 2 * self.recurses(way) + self.is_null(way))

    def recurses(self, way: _Way) -> bool:
        """Whether the way leads into a schema that is being worked on."""
        for seed in way:
            for _ in range(MAX_HOPS):
                if self.open[seed.pointer]:
                    return True
                if not isinstance(seed.schema, Mapping):
                    break
                found = next((self.whole.resolve(seed.schema[key]) for key in REFERENCES if key in seed.schema), None)
                if found is None:
                    break
                seed = found
        return False

    @staticmethod
    def is_null(way: _Way) -> bool:
        schema = way[0].schema
        return isinstance(schema, Mapping) and (schema.get("type") == "null" or schema.get("const", 0) is None)

    def build(self, parts: list[Constraint], name: str) -> object:
        """A value that satisfies all the parts."""
        self.open.update(part.pointer for part in parts)
        try:
            accepts = self.check(parts)
            for candidate in self.hinted(parts):
                self.budget.spend("")
                if accepts(candidate):
                    return self.copied(candidate)
            for part in parts:
                for key in ("const", "enum"):
                    if key in part.schema:
                        raise SamplingError(part.seed(key).pointer, "nothing that it names satisfies the rest")
            kinds = allowed_types(parts)
            turn = self.turn(len(kinds))
            problem = SamplingError(parts[0].pointer if parts else "", "no type is left")
            for at, kind in enumerate([*kinds[turn:], *kinds[:turn]]):
                try:
                    if kind == "object":
                        return self.object(parts)
                    if kind == "array":
                        return self.array(parts, name)
                    for candidate in islice(self.scalars(kind, parts, name), CANDIDATES):
                        self.budget.spend(parts[0].pointer if parts else "")
                        if accepts(candidate):
                            return candidate
                    raise SamplingError(problem.pointer, f"no {kind} was found that satisfies it")
                except SamplingError as error:
                    problem = problem if at else error
                    self.go_on(error)
            raise problem
        finally:
            self.open.subtract(part.pointer for part in parts)

    def check(self, parts: list[Constraint]) -> Check:
        key = tuple(part.pointer for part in parts)
        if key not in self.checks:
            self.checks[key] = local_validator(parts, self.budget)
        return self.checks[key]

    def turn(self, size: int) -> int:
        """Where to begin among so many: as written first, then one further by attempt, then anywhere."""
        return 0 if size < 2 else self.attempt % size if self.attempt <= 3 else self.dice.below(size)

    def scalars(self, kind: str, parts: list[Constraint], name: str) -> Iterator[object]:
        shown = name if self.hints else ""
        return scalar_candidates(kind, parts, shown, self.dice, self.budget, self.variety, self.attempt > 0)

    def hinted(self, parts: list[Constraint]) -> Iterator[object]:
        """What the schema itself names: const, then examples and default, then enum; null after the others."""
        yield from (part.schema["const"] for part in parts if "const" in part.schema)
        if self.hints and not self.variety:
            for part in parts:
                yield from self.turned(part.schema.get("examples"))
                yield from (part.schema[key] for key in ("example", "default") if part.schema.get(key) is not None)
        for part in parts:
            yield from sorted(self.turned(part.schema.get("enum")), key=lambda value: value is None)

    def turned(self, items: object) -> list[object]:
        """The list from one of its members on, and round to the one before."""
        if not isinstance(items, list) or not items:
            return []
        self.budget.spend("", len(items) // 64)
        start = self.dice.below(len(items))
        return items[start:] + items[:start]

    def copied(self, value: object) -> object:
        """A copy, because the document is kept and the value is the caller's."""
        self.budget.spend("", 1 + (len(value) // 64 if isinstance(value, str) else 0))
        if isinstance(value, dict):
            return {key: self.copied(item) for key, item in value.items()}
        return [self.copied(item) for item in value] if isinstance(value, list) else value

    # Arrays and objects.

    def array(self, parts: list[Constraint], name: str) -> list[object]:
        least, most = size_range(parts, "minItems", "maxItems", MAX_ITEMS)
        wanted: _Way = []
        for part in parts:
            if "contains" in part.schema:
                several = int(max(numbers_for([part], "minContains"), default=1))
                if several > most:
                    raise SamplingError(part.seed("minContains").pointer, f"more than {most} cannot be had")
                wanted += [part.seed("contains")] * several
        first = max(len(part.seeds(key)) for part in parts or [Constraint({}, "")] for key in ("prefixItems", "items"))
        first = max(0, min(first, most - len(wanted))) if wanted else 0
        needed = max(least, first + len(wanted) if wanted else 0)
        unique = any(part.schema.get("uniqueItems") is True for part in parts)
        found: list[object] = []
        seen: set[bytes] = set()
        for index in range(needed or min(most, 1)):
            seeds = [
                *self.items(parts, index),
                *wanted[max(0, index - first) : index - first + 1 if index >= first else 0],
            ]
            if index >= needed and self.recurses(seeds):
                break
            try:
                found.append(self.unlike(seen, seeds, name) if unique else self.make(seeds, name))
            except SamplingError as error:
                self.go_on(error)
                if index < needed:
                    raise
        return found

    @staticmethod
    def items(parts: list[Constraint], index: int) -> _Way:
        """The schemas of the item at an index: of its place in a tuple, else of the items after the tuple."""
        seeds: _Way = []
        for part in parts:
            key = "items" if isinstance(part.schema.get("items"), list) else "prefixItems"
            after = "additionalItems" if key == "items" else "items"
            if index < len(part.seeds(key)):
                seeds.append(part.seed(key, index))
            elif after in part.schema:
                seeds.append(part.seed(after))
        return seeds or [part.seed("unevaluatedItems") for part in parts if "unevaluatedItems" in part.schema]

    def unlike(self, seen: set[bytes], seeds: _Way, name: str) -> object:
        """A value that has not been seen."""
        before = self.variety
        try:
            for self.variety in range(before, before + VARIETIES):
                value = self.make(seeds, name)
                text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
                if text not in seen:
                    seen.add(text)
                    return value
        finally:
            self.variety = before
        raise SamplingError(seeds[0].pointer if seeds else "", "there are not enough different values")

    def object(self, parts: list[Constraint]) -> dict[str, object]:
        least, most = size_range(parts, "minProperties", "maxProperties", MAX_ITEMS)
        names, parts = self.required(parts)
        found = {name: self.make(self.property(parts, name), name) for name in names}
        more = self.optional(parts, least) if len(found) < least else iter(())
        for name in more:
            if name not in found:
                try:
                    found[name] = self.make(self.property(parts, name), name)
                except SamplingError as error:
                    self.go_on(error)
                if len(found) >= least:
                    break
        if not least <= len(found) <= most:
            key = "minProperties" if len(found) < least else "maxProperties"
            pointer = next(part.seed(key).pointer for part in parts if key in part.schema)
            raise SamplingError(pointer, f"{len(found)} properties can be had")
        return found

    def required(self, parts: list[Constraint]) -> tuple[list[str], list[Constraint]]:
        """The names that must be there, in the order of `properties`; and the parts, with those that hang on a name."""
        names: dict[str, None] = {}
        done: set[str] = set()
        at = 0
        while at < len(parts):
            part = parts[at]
            listed = part.schema.get("required")
            names.update((str(name), None) for name in (listed if isinstance(listed, list) else ()))
            self.budget.spend(part.pointer, 1 + len(names) // 8)
            at += 1
            if at < len(parts):
                continue
            for each in parts:
                for key in ("dependentRequired", "dependentSchemas", "dependencies"):
                    for name in [name for name in each.table(key) if name in names]:
                        seed = each.seed(key, name)
                        if seed.pointer not in done:
                            done.add(seed.pointer)
                            parts = [*parts, *self.dependent(seed)]
        order = [name for part in parts for name in part.table("properties") if name in names]
        return list(dict.fromkeys([*order, *names])), parts

    def dependent(self, seed: SubSchema) -> list[Constraint]:
        if isinstance(seed.schema, list):
            return [Constraint({"required": seed.schema}, seed.pointer)]
        if not isinstance(seed.schema, Mapping | bool):
            return [Constraint({"required": [seed.schema]}, seed.pointer)]
        return next(self.ways([seed]), [])

    def property(self, parts: list[Constraint], name: str) -> _Way:
        """The schemas of a property: declared, by pattern, else additional."""
        seeds: _Way = []
        for part in parts:
            before = len(seeds)
            if name in part.table("properties"):
                seeds.append(part.seed("properties", name))
            for pattern in part.table("patternProperties"):
                self.budget.spend(part.pointer)
                if name_matches(pattern, name):
                    seeds.append(part.seed("patternProperties", pattern))
            if len(seeds) == before and "additionalProperties" in part.schema:
                seeds.append(part.seed("additionalProperties"))
        return seeds or [part.seed("unevaluatedProperties") for part in parts if "unevaluatedProperties" in part.schema]

    def optional(self, parts: list[Constraint], least: int) -> Iterator[str]:
        """Names of more properties: declared ones, then what a pattern or `propertyNames` wants, then made-up ones."""
        for part in parts:
            yield from part.table("properties")
        for part in parts:
            for pattern in part.table("patternProperties"):
                for stretch in range(min(2 * least, CANDIDATES)):
                    yield from texts_for_pattern(pattern, self.dice, self.budget, stretch)
        seeds = [part.seed("propertyNames") for part in parts if "propertyNames" in part.schema]
        for number in range(1, 4 * least + 1):
            self.budget.spend("")
            if not seeds:
                yield f"key{number}"
                continue
            self.variety += number
            try:
                yield str(self.make(seeds))
            finally:
                self.variety -= number
