"""One instance of any JSON Schema: small, readable, valid, and always the same.

`sample(schema, *seed_parts)` makes the arguments of a tool call when a client forces the tool. The schema is the
client's, so it is treated as hostile.

Rules:

- A returned value satisfies the schema according to jsonschema_rs. Otherwise `SamplingError` is raised with the JSON
  Pointer of the part of the schema that prevents a value.
- Nothing is fetched, and no clock or global generator is read. Every walk spends from one budget, so each schema ends
  in bounded time.
- Only required properties are made, unless more are needed. A value comes from `const`, else an example, a default or
  a member of `enum`, else from the property's name, else from its format and type.

Theory: several schemas can apply at one location of the instance; each is a `Constraint`. `$ref` and `allOf` add
constraints, `anyOf`, `oneOf` and `if` are choices (see `branches`). The schemas of a property or an item are the child
schemas of every constraint, so keywords never have to be merged into a new schema. What this walk cannot see (`not`
over objects, a `oneOf` that matches twice) the validator finds, and another attempt makes other choices.

Evaluated first, over 108 schemas: jsf 0.11 (2024) makes 62 valid, rolls the global `random` and fetches `$ref`s;
hypothesis-jsonschema 0.23 (2024) makes 71, fails on today's hypothesis for most objects, and takes up to 1.5 s;
polyfactory makes models, not schemas; `jsonschema_rs.canonicalize` merges exactly, but takes 4 s for 40 `if`s and
overflows the stack on 10,000 chained `$ref`s. None of them withstands a hostile client, so this module walks the schema
itself and leaves validation to jsonschema_rs.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

import orjson

from mockserver.core.rng import Rng
from mockserver.openapi.sampling.branches import Branch, Branches
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
    SamplingBudget,
    SamplingError,
    SchemaDocument,
    SubSchema,
    charge_validation,
    schema_document,
)

ATTEMPTS = 8
MAX_DEPTH = 32  # locations inside locations
MAX_ALTERNATIVES = 8  # combinations of branches tried at one location
MAX_ITEMS = 10_000  # items or properties at one location
MAX_CANDIDATES = 100  # values tried at one location
MAX_VARIETIES = 12  # values tried for an item that must differ from the others


def sample(schema: Mapping[str, object] | bool, *seed_parts: object) -> object:
    """Return a JSON value that satisfies the schema, derived from the seed parts.

    Raises `SamplingError` if none is found.
    """
    whole = schema_document(schema)
    budget = SamplingBudget()
    checks: dict[tuple[str, ...], Check] = {}
    first: SamplingError | None = None
    for attempt in range(ATTEMPTS):
        try:
            rng = Rng("sample", attempt, *seed_parts)
            value = _Sampler(whole, budget, checks, attempt, rng).make([SubSchema(whole.root, "")])
            charge_validation(whole, value, budget)
        except (SamplingError, RecursionError) as error:
            first = first or (error if isinstance(error, SamplingError) else SamplingError("", "it is nested too deep"))
            if budget.left < 0:
                break
            continue
        if whole.validator.is_valid(value):
            return value
        problem = next(whole.validator.iter_errors(value))
        first = first or SamplingError(SubSchema(None, "").under(*problem.schema_path), problem.message[:200])
    assert first is not None  # every attempt without a value leaves its reason
    raise first


class _Sampler:
    """One attempt. Odd attempts take no hints from examples, defaults and property names.

    `variety` counts the values to pass over, where a value must differ from earlier ones.
    """

    def __init__(
        self,
        whole: SchemaDocument,
        budget: SamplingBudget,
        checks: dict[tuple[str, ...], Check],
        attempt: int,
        rng: Rng,
    ) -> None:
        self.budget = budget
        self.checks = checks
        self.attempt = attempt
        self.rng = rng
        self.branches = Branches(whole, budget, self.rotation)
        self.hints = attempt % 2 == 0
        self.depth = 0
        self.variety = 0

    # One location: its alternatives, its constraints, its value.

    def make(self, branch: Branch, name: str = "") -> object:
        """Return a value for a location where all these schemas apply; `name` is the property's name."""
        problem = SamplingError(branch[0].pointer if branch else "", "no branch of it can be taken")
        if self.depth >= MAX_DEPTH:
            raise SamplingError(problem.pointer, f"it is nested deeper than {MAX_DEPTH} levels")
        self.depth += 1
        try:
            for at, constraints in enumerate(islice(self.branches.alternatives(branch), MAX_ALTERNATIVES)):
                try:
                    return self.build(constraints, name)
                except SamplingError as error:
                    problem = problem if at else error
                    self.budget.stop_if_spent(error)
            raise problem
        finally:
            self.depth -= 1

    def build(self, constraints: list[Constraint], name: str) -> object:
        """Return a value that satisfies all the constraints."""
        self.branches.open.update(each.pointer for each in constraints)
        try:
            accepts = self.check(constraints)
            for candidate in self.hinted(constraints):
                self.budget.spend("")
                if accepts(candidate):
                    return self.copied(candidate)
            for constraint in constraints:
                for key in ("const", "enum"):
                    if key in constraint.schema:
                        pointer = constraint.subschema(key).pointer
                        raise SamplingError(pointer, "no value that it names satisfies the other keywords")
            return self.by_type(constraints, name, accepts)
        finally:
            self.branches.open.subtract(each.pointer for each in constraints)

    def by_type(self, constraints: list[Constraint], name: str, accepts: Check) -> object:
        """Return a value of the first allowed type for which one is found."""
        pointer = constraints[0].pointer if constraints else ""
        types = allowed_types(constraints)
        start = self.rotation(len(types))
        problem = SamplingError(pointer, "no type is allowed")
        for at, type_ in enumerate([*types[start:], *types[:start]]):
            try:
                if type_ == "object":
                    return self.object(constraints)
                if type_ == "array":
                    return self.array(constraints, name)
                for candidate in islice(self.scalars(type_, constraints, name), MAX_CANDIDATES):
                    self.budget.spend(pointer)
                    if accepts(candidate):
                        return candidate
                raise SamplingError(problem.pointer, f"no {type_} that satisfies it was found")
            except SamplingError as error:
                problem = problem if at else error
                self.budget.stop_if_spent(error)
        raise problem

    def check(self, constraints: list[Constraint]) -> Check:
        """Return the check of the constraints' own keywords, compiled once."""
        key = tuple(each.pointer for each in constraints)
        if key not in self.checks:
            self.checks[key] = local_validator(constraints, self.budget)
        return self.checks[key]

    def rotation(self, size: int) -> int:
        """Return which of `size` alternatives to begin with: the first, one further by attempt, then a random one."""
        return 0 if size < 2 else self.attempt % size if self.attempt <= 3 else self.rng.below(size)

    def scalars(self, type_: str, constraints: list[Constraint], name: str) -> Iterator[object]:
        """Yield candidates of a type that holds no other values."""
        hint = name if self.hints else ""
        return scalar_candidates(type_, constraints, hint, self.rng, self.budget, self.variety, self.attempt > 0)

    def hinted(self, constraints: list[Constraint]) -> Iterator[object]:
        """Yield the values that the schema names: const, then examples and default, then enum with null last."""
        yield from (each.schema["const"] for each in constraints if "const" in each.schema)
        if self.hints and not self.variety:
            for constraint in constraints:
                yield from self.rotated(constraint.schema.get("examples"))
                for key in ("example", "default"):
                    if constraint.schema.get(key) is not None:
                        yield constraint.schema[key]
        for constraint in constraints:
            yield from sorted(self.rotated(constraint.schema.get("enum")), key=lambda value: value is None)

    def rotated(self, items: object) -> list[object]:
        """Return a list that begins with a random one of its members; an empty list for any other value."""
        if not isinstance(items, list) or not items:
            return []
        self.budget.spend("", len(items) // 64)
        start = self.rng.below(len(items))
        return items[start:] + items[:start]

    def copied(self, value: object) -> object:
        """Return a copy, because the document is cached and the value belongs to the caller."""
        self.budget.spend("", 1 + (len(value) // 64 if isinstance(value, str) else 0))
        if isinstance(value, dict):
            return {key: self.copied(item) for key, item in value.items()}
        return [self.copied(item) for item in value] if isinstance(value, list) else value

    # Arrays and objects.

    def array(self, constraints: list[Constraint], name: str) -> list[object]:
        """Return a small array: tuple items, then those that `contains` requires; one item if none is needed."""
        least, most = size_range(constraints, "minItems", "maxItems", MAX_ITEMS)
        contained: Branch = []
        for constraint in constraints:
            if "contains" in constraint.schema:
                times = int(max(numbers_for([constraint], "minContains"), default=1))
                if times > most:
                    pointer = constraint.subschema("minContains").pointer
                    raise SamplingError(pointer, f"more than {most} are not possible")
                contained += [constraint.subschema("contains")] * times
        holders = constraints or [Constraint({}, "")]
        fixed = max(len(each.subschemas(key)) for each in holders for key in ("prefixItems", "items"))
        fixed = max(0, min(fixed, most - len(contained))) if contained else 0
        needed = max(least, fixed + len(contained) if contained else 0)
        unique = any(each.schema.get("uniqueItems") is True for each in constraints)
        items: list[object] = []
        seen: set[bytes] = set()
        for index in range(needed or min(most, 1)):
            branch = [
                *self.item_schemas(constraints, index),
                *contained[max(0, index - fixed) : index - fixed + 1 if index >= fixed else 0],
            ]
            if index >= needed and self.branches.recurses(branch):
                break
            try:
                items.append(self.make_unlike(seen, branch, name) if unique else self.make(branch, name))
            except SamplingError as error:
                self.budget.stop_if_spent(error)
                if index < needed:
                    raise
        return items

    @staticmethod
    def item_schemas(constraints: list[Constraint], index: int) -> Branch:
        """Return the schemas of the item at an index: of its position in a tuple, else of the items after the tuple."""
        schemas: Branch = []
        for constraint in constraints:
            key = "items" if isinstance(constraint.schema.get("items"), list) else "prefixItems"
            after = "additionalItems" if key == "items" else "items"
            if index < len(constraint.subschemas(key)):
                schemas.append(constraint.subschema(key, index))
            elif after in constraint.schema:
                schemas.append(constraint.subschema(after))
        key = "unevaluatedItems"
        return schemas or [each.subschema(key) for each in constraints if key in each.schema]

    def make_unlike(self, seen: set[bytes], branch: Branch, name: str) -> object:
        """Return a value that is not in `seen`, and add it there."""
        before = self.variety
        try:
            for self.variety in range(before, before + MAX_VARIETIES):
                value = self.make(branch, name)
                text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
                if text not in seen:
                    seen.add(text)
                    return value
        finally:
            self.variety = before
        raise SamplingError(branch[0].pointer if branch else "", "there are not enough different values")

    def object(self, constraints: list[Constraint]) -> dict[str, object]:
        """Return an object with the required properties, and with more if `minProperties` asks for them."""
        least, most = size_range(constraints, "minProperties", "maxProperties", MAX_ITEMS)
        names, constraints = self.required(constraints)
        made = {name: self.make(self.property_schemas(constraints, name), name) for name in names}
        for name in self.optional(constraints, least) if len(made) < least else ():
            if name not in made:
                try:
                    made[name] = self.make(self.property_schemas(constraints, name), name)
                except SamplingError as error:
                    self.budget.stop_if_spent(error)
                if len(made) >= least:
                    break
        if not least <= len(made) <= most:
            key = "minProperties" if len(made) < least else "maxProperties"
            pointer = next(each.subschema(key).pointer for each in constraints if key in each.schema)
            raise SamplingError(pointer, f"{len(made)} properties are possible")
        return made

    def required(self, constraints: list[Constraint]) -> tuple[list[str], list[Constraint]]:
        """Return the required names, in the order of `properties`, and the constraints.

        A required name can add constraints (`dependentSchemas`), and they can require more names.
        """
        names: dict[str, None] = {}
        done: set[str] = set()
        at = 0
        while at < len(constraints):
            constraint = constraints[at]
            listed = constraint.schema.get("required")
            names.update((str(name), None) for name in (listed if isinstance(listed, list) else ()))
            self.budget.spend(constraint.pointer, 1 + len(names) // 8)
            at += 1
            if at < len(constraints):
                continue
            for each in constraints:
                for key in ("dependentRequired", "dependentSchemas", "dependencies"):
                    for name in [name for name in each.mapping(key) if name in names]:
                        dependent = each.subschema(key, name)
                        if dependent.pointer not in done:
                            done.add(dependent.pointer)
                            constraints = [*constraints, *self.dependent(dependent)]
        order = [name for each in constraints for name in each.mapping("properties") if name in names]
        return list(dict.fromkeys([*order, *names])), constraints

    def dependent(self, dependent: SubSchema) -> list[Constraint]:
        """Return the constraints that a property brings with it: a schema or a list of required names."""
        if isinstance(dependent.schema, list):
            return [Constraint({"required": dependent.schema}, dependent.pointer)]
        return next(self.branches.alternatives([dependent]), [])

    def property_schemas(self, constraints: list[Constraint], name: str) -> Branch:
        """Return the schemas of a property: declared, by pattern, else additional."""
        schemas: Branch = []
        for constraint in constraints:
            before = len(schemas)
            if name in constraint.mapping("properties"):
                schemas.append(constraint.subschema("properties", name))
            for pattern in constraint.mapping("patternProperties"):
                self.budget.spend(constraint.pointer)
                if name_matches(pattern, name):
                    schemas.append(constraint.subschema("patternProperties", pattern))
            if len(schemas) == before and "additionalProperties" in constraint.schema:
                schemas.append(constraint.subschema("additionalProperties"))
        key = "unevaluatedProperties"
        return schemas or [each.subschema(key) for each in constraints if key in each.schema]

    def optional(self, constraints: list[Constraint], least: int) -> Iterator[str]:
        """Yield names for more properties: declared ones, those of patterns and `propertyNames`, then made-up ones."""
        for constraint in constraints:
            yield from constraint.mapping("properties")
        for constraint in constraints:
            for pattern in constraint.mapping("patternProperties"):
                for stretch in range(min(2 * least, MAX_CANDIDATES)):
                    yield from texts_for_pattern(pattern, self.rng, self.budget, stretch)
        schemas = [each.subschema("propertyNames") for each in constraints if "propertyNames" in each.schema]
        for number in range(1, 4 * least + 1):
            self.budget.spend("")
            if not schemas:
                yield f"key{number}"
                continue
            self.variety += number
            try:
                yield str(self.make(schemas))
            finally:
                self.variety -= number
