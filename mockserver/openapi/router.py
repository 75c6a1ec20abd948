"""From paths to operations: an exact path first, then path templates, the most literal first (OpenAPI, "Paths Object").

A template's parameter matches what `span` matches: in external contracts anything but a slash; on the gateway's own
routes slashes too, because a model id may contain them. A literal path is one dictionary look-up, however many
templates there are.
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
    """A table of values by path and method."""

    def __init__(self, span: str = "[^/]+") -> None:
        self._span = span
        self._exact: dict[str, dict[str, T]] = {}
        self._templates: dict[str, _Template[T]] = {}

    def __iter__(self) -> Iterator[str]:
        """Yield every path, as it was added."""
        yield from self._exact
        yield from self._templates

    def add(self, path: str, method: str, value: T) -> None:
        """Add a value; the first one of a path and method stays."""
        if "{" not in path:
            self._exact.setdefault(path, {}).setdefault(method, value)
            return
        if path not in self._templates:
            self._templates[path] = _template(path, self._span)
            self._templates = dict(sorted(self._templates.items(), key=_by_literals))
        self._templates[path].methods.setdefault(method, value)

    def match(self, path: str, method: str) -> tuple[dict[str, T], Parameters] | None:
        """Return the values of a path by method and its parameters, or None for an unknown path.

        A path that has this method beats a more literal one that does not.
        """
        methods = self._exact.get(path)
        if methods is not None and method in methods:
            return methods, NO_PARAMETERS
        first = (methods, NO_PARAMETERS) if methods is not None else None
        for template in self._templates.values():
            matched = template.pattern.fullmatch(path)
            if matched is not None:
                result = (template.methods, dict(zip(template.names, matched.groups(), strict=True)))
                if method in template.methods:
                    return result
                first = first or result
        return first


def _template(path: str, span: str) -> _Template[T]:
    literals = TEMPLATE.split(path)
    names = tuple(literals[1::2])
    parts = [re.escape(part) if number % 2 == 0 else f"({span})" for number, part in enumerate(literals)]
    return _Template(re.compile("".join(parts), re.DOTALL), names, {})


def _by_literals(item: tuple[str, object]) -> tuple[int, ...]:
    """Return a sort key by segment: first no parameter, then a parameter beside literal letters, then a bare one.

    What is equal so far and goes on comes before what ends, because a parameter may have slashes.
    """
    return (*[0 if "{" not in part else 2 - bool(TEMPLATE.sub("", part)) for part in item[0].split("/")], 3)
