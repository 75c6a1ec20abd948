"""Paths to operations: an exact path first, then path templates, the most literal first (OpenAPI, "Paths Object").

A template's parameter takes what `span` takes: on foreign contracts anything but a slash; on the gateway's own routes
slashes too, because a model id may have them. Literal paths are one dictionary look-up, and so cost the same however
many templates there are.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Parameters: TypeAlias = Mapping[str, str]
"""The path parameters of a request, by name."""

NO_PARAMETERS: Parameters = {}
TEMPLATE = re.compile(r"\{([^{}]*)\}")


class _Template(NamedTuple, Generic[T]):
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    methods: dict[str, T]


class Router(Generic[T]):
    """A table of things by path and method."""

    def __init__(self, span: str = "[^/]+") -> None:
        self._span = span
        self._exact: dict[str, dict[str, T]] = {}
        self._templates: dict[str, _Template[T]] = {}

    def __iter__(self) -> Iterator[str]:
        """Every path, as it was added."""
        yield from self._exact
        yield from self._templates

    def add(self, path: str, method: str, thing: T) -> None:
        """Add one; the first of a path and method stays."""
        if "{" not in path:
            self._exact.setdefault(path, {}).setdefault(method, thing)
            return
        if path not in self._templates:
            self._templates[path] = _template(path, self._span)
            self._templates = dict(sorted(self._templates.items(), key=_by_literals))
        self._templates[path].methods.setdefault(method, thing)

    def match(self, path: str, method: str) -> tuple[dict[str, T], Parameters] | None:
        """The methods of a path and its parameters, or None. A path that takes this method beats one that does not."""
        methods = self._exact.get(path)
        if methods is not None and method in methods:
            return methods, NO_PARAMETERS
        first = (methods, NO_PARAMETERS) if methods is not None else None
        for template in self._templates.values():
            found = template.pattern.fullmatch(path)
            if found is not None:
                match = (template.methods, dict(zip(template.names, found.groups(), strict=True)))
                if method in template.methods:
                    return match
                first = first or match
        return first


def _template(path: str, span: str) -> _Template[T]:
    literals = TEMPLATE.split(path)
    names = tuple(literals[1::2])
    parts = [re.escape(part) if number % 2 == 0 else f"({span})" for number, part in enumerate(literals)]
    return _Template(re.compile("".join(parts), re.DOTALL), names, {})


def _by_literals(item: tuple[str, object]) -> tuple[int, ...]:
    """Sorts by segment: one without a parameter before one with literal letters beside it, before a bare one."""
    return tuple([0 if "{" not in part else 2 - bool(TEMPLATE.sub("", part)) for part in item[0].split("/")])
