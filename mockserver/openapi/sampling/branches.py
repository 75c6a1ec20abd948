"""The branches of a schema: which constraints can apply at one location, alternative by alternative.

`$ref` and `allOf` add constraints. `anyOf`, `oneOf` and `if` are choices: each choice has several branches, and one of
them is taken. Branches are tried in the order of the schema; null comes after the others, and branches that recurse
come last.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from mockserver.openapi.sampling.constraints import Constraint, allowed_types
from mockserver.openapi.sampling.schema import (
    MAX_HOPS,
    REFERENCES,
    SamplingBudget,
    SamplingError,
    SchemaDocument,
    SubSchema,
)

MAX_CHOICES = 64  # choices inside each other at one location

Branch: TypeAlias = list[SubSchema]
"""Schemas that all apply at one location."""


class Branches:
    """The search through the branches of one schema document.

    `rotation` returns, for a number of alternatives, the index to begin with. `open` counts the schemas whose values
    are being made, by JSON Pointer; the sampler keeps it up to date.
    """

    def __init__(self, whole: SchemaDocument, budget: SamplingBudget, rotation: Callable[[int], int]) -> None:
        self.whole = whole
        self.budget = budget
        self.rotation = rotation
        self.open: Counter[str] = Counter()

    def alternatives(self, branch: Branch) -> Iterator[list[Constraint]]:
        """Yield the constraints that the schemas can mean together, one list for each combination of branches."""
        constraints, choices = self._flatten(branch)
        return self._expand(constraints, choices, 0)

    def recurses(self, branch: Branch) -> bool:
        """Return whether the branch leads into a schema whose value is being made."""
        for schema in branch:
            for _ in range(MAX_HOPS):
                if self.open[schema.pointer]:
                    return True
                if not isinstance(schema.schema, Mapping):
                    break
                keys = [key for key in REFERENCES if key in schema.schema]
                target = self.whole.resolve(schema.schema[keys[0]]) if keys else None
                if target is None:
                    break
                schema = target
        return False

    def _expand(
        self, constraints: list[Constraint], choices: list[list[Branch]], level: int
    ) -> Iterator[list[Constraint]]:
        """Yield the constraints joined with those of one branch of every choice."""
        if not choices:
            yield constraints
        elif level < MAX_CHOICES:
            for branch in self._ordered(choices[0]):
                try:
                    more, nested = self._flatten(branch)
                except SamplingError as error:
                    self.budget.stop_if_spent(error)
                    continue
                joined = [*constraints, *more]
                self.budget.spend(branch[0].pointer, 1 + len(joined))
                if allowed_types(joined):
                    yield from self._expand(joined, [*choices[1:], *nested], level + 1)

    def _flatten(self, branch: Branch) -> tuple[list[Constraint], list[list[Branch]]]:
        """Return the constraints that apply without a choice, and the choices that remain.

        Raises `SamplingError` for a branch that no value can satisfy.
        """
        constraints: list[Constraint] = []
        choices: list[list[Branch]] = []
        todo = [(schema, 0) for schema in reversed(branch)]
        while todo:
            current, hops = todo.pop()
            self.budget.spend(current.pointer)
            if current.schema is True:
                continue
            if not isinstance(current.schema, Mapping):
                raise SamplingError(current.pointer, "nothing is allowed here")
            if hops > MAX_HOPS:
                raise SamplingError(current.pointer, "circular reference")
            constraint = Constraint(current.schema, current.pointer)
            constraints.append(constraint)
            inner = [*self._referred(constraint), *constraint.subschemas("allOf")]
            todo.extend((each, hops + 1) for each in reversed(inner))
            for key in ("anyOf", "oneOf"):
                if key in constraint.schema:
                    choices.append([[each] for each in constraint.subschemas(key)])
            if "if" in constraint.schema:
                choices.append(
                    [[constraint.subschema("if"), constraint.subschema("then")], [constraint.subschema("else")]]
                )
        return constraints, choices

    def _referred(self, constraint: Constraint) -> Iterator[SubSchema]:
        for key in REFERENCES:
            if key in constraint.schema:
                target = self.whole.resolve(constraint.schema[key])
                if target is None:
                    pointer = constraint.subschema(key).pointer
                    raise SamplingError(pointer, "the reference leads to nothing in this document")
                yield target

    def _ordered(self, branches: Sequence[Branch]) -> list[Branch]:
        """Return the branches in the order to try: rotated in later attempts, then null, then those that recurse."""
        start = self.rotation(len(branches))
        rotated = [*branches[start:], *branches[:start]]
        return sorted(rotated, key=lambda branch: 2 * self.recurses(branch) + _is_null(branch))


def _is_null(branch: Branch) -> bool:
    schema = branch[0].schema
    return isinstance(schema, Mapping) and (schema.get("type") == "null" or schema.get("const", 0) is None)
