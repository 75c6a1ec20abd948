"""Errors of pydantic as problems of a file: their places and their words.

Rules:

- A problem is placed where the author must type: at the key if the key is unknown, else at the value. A missing key is
  reported at the mapping that lacks it.
- The words come from the tables below. Pydantic's own message is used only for kinds of errors without an entry.

Theory: pydantic reports the place of an error as a path through *its* view, which has labels of union branches and
the indexes of lists that a short form made. `_locate` walks that path through the document and the models at the same
time. The document shows which parts the author really wrote; the models show what is allowed there.
"""

import re
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Literal, TypeAlias, TypeGuard, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mockserver.core.errors import Problem, did_you_mean, nearest
from mockserver.files.yaml_document import Path, YamlDocument
from mockserver.files.yaml_reader import MAX_PROBLEMS

Annotation: TypeAlias = object

# --- Where a mistake is ------------------------------------------------------------------------------------------


class _Mistake(msgspec.Struct, frozen=True):
    """One error of pydantic, located in the document.

    `location` is pydantic's path, `path` the document's. `options` are the types that are allowed there, `owners` the
    models on the way with the path to each, and `forks` the indexes in `location` of a union's label.
    """

    kind: str
    message: str
    input: object
    context: dict[str, object]
    location: Path
    path: Path
    options: tuple[Annotation, ...]
    owners: tuple[tuple[Path, type[BaseModel]], ...]
    forks: tuple[int, ...]

    @property
    def name(self) -> str:
        """The key that is missing or unknown."""
        return str(self.location[-1])

    @property
    def shown(self) -> str:
        """The bad value as the author wrote it; of keys and passwords only the type."""
        if _SECRETS.isdisjoint(self.path) or not isinstance(self.input, str | int | float):
            return _shown(self.input)
        return "text" if isinstance(self.input, str) else "a number"

    @property
    def known(self) -> list[str]:
        """The keys that the mapping may have."""
        return _keys(self.owners[-1][1])


def _locate(root: type[BaseModel], document: YamlDocument, error: ErrorDetails) -> _Mistake:
    """Return an error of pydantic with its path in the document and its models."""
    kind, location = error["type"], error["loc"]
    parts: list[str | int] = []
    options: tuple[Annotation, ...] = (root,)
    owners: list[tuple[Path, type[BaseModel]]] = [((), root)]
    forks: list[int] = []
    labelled = False
    for index, part in enumerate(location[:-1] if kind == "missing" else location):
        if len(options) > 1 and not labelled:
            forks.append(index)
            named = [option for option in options if _is_named(option, str(part))]
            labelled = len(named) != 1
            options = options if labelled else _options(named[0])
        else:
            labelled = False
            options = tuple(inner for option in options for inner in _inside(option, part))
            parts.append(part)
        if len(options) == 1 or labelled:
            path = document.written(tuple(parts))
            owners += [(path, option) for option in options if _is_model(option)]
    path = document.written(tuple(parts))
    return _Mistake(
        kind, error["msg"], error["input"], error.get("ctx", {}), location, path, options, tuple(owners), tuple(forks)
    )


def _is_model(annotation: Annotation) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _options(annotation: Annotation) -> tuple[Annotation, ...]:
    """Return the types that a value may have: without metadata and None, the members of a union one by one."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType):
        return (annotation,)
    members = [member for member in get_args(annotation) if member is not type(None)]
    return _options(members[0]) if len(members) == 1 else tuple(members)


def _inside(annotation: Annotation, part: str | int) -> tuple[Annotation, ...]:
    """Return the types that a value may have at a key or index of another value."""
    for option in _options(annotation):
        if _is_model(option):
            return _options(_fields(option)[part]) if part in _fields(option) else ()
        if get_origin(option) not in (None, Literal):
            return _options(get_args(option)[-1 if isinstance(part, str) else 0])
    return ()


def _is_named(annotation: Annotation, label: str) -> bool:
    """Return whether pydantic's label of a union's branch means this member."""
    option = _options(annotation)[0]
    if _is_model(option) and any(label in get_args(field) for field in _fields(option).values()):
        return True  # a discriminated union
    word = getattr(get_origin(option) or option, "__name__", "")
    return re.search(rf"\b{re.escape(word)}\b", label, re.IGNORECASE) is not None


def _fields(model: type[BaseModel]) -> dict[str | int, Annotation]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _keys(model: type[BaseModel]) -> list[str]:
    return [str(key) for key in _fields(model)]


def _models(annotation: Annotation) -> list[type[BaseModel]]:
    """Return the models that a field may hold, directly or as the items of a list."""
    inner = [item for option in _options(annotation) for item in (option, *_inside(option, 0))]
    return [option for option in inner if _is_model(option)]


# --- Which mistakes to report --------------------------------------------------------------------------------------


def problems_of(model: type[BaseModel], document: YamlDocument, details: Iterable[ErrorDetails]) -> list[Problem]:
    """Return one problem for each mistake, in our words."""
    mistakes = _settle([_locate(model, document, error) for error in details])
    unknown = [mistake for mistake in mistakes if mistake.kind == "extra_forbidden"]
    misspelt = {(mistake.path[:-1], _meant(mistake)) for mistake in unknown}
    problems = [
        document.problem(mistake.path, _message(mistake), at_key=mistake.kind == "extra_forbidden")
        for mistake in mistakes
        if mistake.kind != "missing" or (mistake.path, mistake.name) not in misspelt
    ]
    return list(dict.fromkeys(problems))[:MAX_PROBLEMS]


def _settle(mistakes: list[_Mistake]) -> list[_Mistake]:
    """Return the mistakes without those of union branches that the author did not mean, inner unions first."""
    forks = {mistake.location[:index] for mistake in mistakes for index in mistake.forks}
    for fork in sorted(forks, key=len, reverse=True):
        branches: dict[str | int, list[_Mistake]] = {}
        others = []
        for mistake in mistakes:
            if len(fork) in mistake.forks and mistake.location[: len(fork)] == fork:
                branches.setdefault(mistake.location[len(fork)], []).append(mistake)
            else:
                others.append(mistake)
        mistakes = others + _meant_branch(list(branches.values()), len(fork) + 1)
    return mistakes


def _meant_branch(branches: list[list[_Mistake]], depth: int) -> list[_Mistake]:
    """Return the branch of the right shape with the fewest mistakes, or one mistake that names all shapes."""
    right, shapes = [], []
    for branch in branches:
        wrong = [mistake for mistake in branch if len(mistake.location) == depth and _is_wrong_shape(mistake)]
        shapes += [_shape(mistake) for mistake in wrong]
        right += [] if wrong else [branch]
    if right:
        return min(right, key=len)
    return [msgspec.structs.replace(branches[0][0], kind="union", context={"shapes": _or(shapes)})]


# --- In which words ----------------------------------------------------------------------------------------------

_SHAPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "none_required": "nothing",
}
_SENTENCES = {
    "missing": "missing key '{name}'",
    "union": "expected {shapes}, not {shown}",
    "greater_than_equal": "must be at least {ge}, not {shown}",
    "greater_than": "must be more than {gt}, not {shown}",
    "less_than_equal": "must be at most {le}, not {shown}",
    "less_than": "must be less than {lt}, not {shown}",
    "too_short": "expected at least {min_length}, got {actual_length}",
    "too_long": "expected at most {max_length}, got {actual_length}",
    "string_too_short": "shorter than the minimum length of {min_length}",
    "string_too_long": "longer than the maximum length of {max_length}",
    "union_tag_invalid": "unknown {discriminator} '{tag}'; known: {expected_tags}",
    "union_tag_not_found": "missing key {discriminator}",
    "value_error": "{error}",
    "assertion_error": "{error}",
}
_PATTERNS = {
    r"^[a-z0-9][a-z0-9-]*$": "lower-case letters, digits and dashes",
    r"^[a-zA-Z0-9_-]+$": "letters, digits, dashes and underscores",
}
_SYNONYMS = {  # the name in the APIs and other tools: the key here
    "name": "scenario",
    "description": "about",
    "responses": "turns",
    "steps": "turns",
    "content": "reply",
    "delay": "pace",
    "stop_reason": "stop",
    "finish_reason": "stop",
    "role": "last",
}
_YES_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_SECRETS = frozenset({"key", "keys", "password"})
_LONGEST_SHOWN = 48
_MOST_KEYS = 12  # worth listing in a message


def _message(mistake: _Mistake) -> str:
    """Return the message of a mistake."""
    if mistake.kind == "extra_forbidden":
        return _unknown_key(mistake)
    if mistake.kind in ("literal_error", "enum"):
        return _unknown_value(mistake)
    if mistake.kind in _SHAPES:
        return f"expected {_shape(mistake)}, not {mistake.shown}{_remedy(mistake)}"
    if mistake.kind == "string_pattern_mismatch":
        pattern = str(mistake.context["pattern"])
        return f"expected {_PATTERNS.get(pattern, f'text that matches {pattern}')}, not {mistake.shown}"
    if mistake.kind in _SENTENCES:
        words = {**mistake.context, "name": mistake.location and mistake.location[-1], "shown": mistake.shown}
        return _SENTENCES[mistake.kind].format_map(words)
    return mistake.message.replace("Input should be", "expected").removeprefix("Value error, ")


def _unknown_key(mistake: _Mistake) -> str:
    """Return the message of an unknown key: the place or the name that it should have."""
    name, meant = mistake.name, _meant(mistake)
    if name.partition(":")[0] == meant:
        return f"put a space after the colon: '{meant}: {name.partition(':')[2]}'"
    if name == "type" and "tool_use" in mistake.known:  # as the APIs write a block
        return "remove 'type'; the key text, tool_use or thinking already names the block"
    if name in _SYNONYMS and meant:
        return f"unknown key '{name}'; use '{meant}'"
    (path, owner), *above = reversed(mistake.owners)
    if under := _under(owner, name):
        return f"'{name}' belongs under {_or(under)}"
    for outer_path, outer in above:
        if name in _keys(outer):
            return f"'{name}' belongs beside '{mistake.path[len(outer_path)]}', not in it"
    for outer_path, outer in above[:1]:
        if under := _under(outer, name):
            return f"'{name}' belongs under {_or(under)}, not under '{path[len(outer_path)]}'"
    return f"unknown key '{name:.64}'; {did_you_mean(name, mistake.known)}"


def _meant(mistake: _Mistake) -> str | None:
    """Return the known key that an unknown one most likely means, or None."""
    before, colon, _ = mistake.name.partition(":")
    if colon and before in mistake.known:
        return before
    synonym = _SYNONYMS.get(mistake.name)
    return synonym if synonym in mistake.known else nearest(mistake.name, mistake.known)


def _under(model: type[BaseModel], name: str) -> list[str]:
    """Return the keys of a model whose values may have a key `name`."""
    fields = _fields(model).items()
    return [f"'{key}'" for key, field in fields if any(name in _keys(inner) for inner in _models(field))]


def _unknown_value(mistake: _Mistake) -> str:
    """Return the message of a value that is not one of a fixed set."""
    known = [str(value) for option in mistake.options if get_origin(option) is Literal for value in get_args(option)]
    if isinstance(mistake.input, str) and known:
        return f"unknown value {mistake.shown}; {did_you_mean(mistake.input, known)}"
    return f"expected {_or(known) or mistake.context.get('expected')}, not {mistake.shown}"


def _is_wrong_shape(mistake: _Mistake) -> bool:
    return mistake.kind in _SHAPES or (mistake.kind == "literal_error" and not isinstance(mistake.input, str))


def _shape(mistake: _Mistake) -> str:
    """Return the noun of the expected shape; a mapping with its keys, if they are few."""
    if mistake.kind == "model_type" and len(mistake.known) <= _MOST_KEYS:
        return f"a mapping with {_or(mistake.known)}"
    return _SHAPES.get(mistake.kind) or str(mistake.context.get("expected"))


def _remedy(mistake: _Mistake) -> str:
    """Return the remedy for a value of the wrong shape, if it is clear."""
    value = mistake.input
    if mistake.kind == "string_type" and isinstance(value, int | float):
        return "; quote it"
    if mistake.kind == "bool_type" and isinstance(value, str) and value.lower() in _YES_NO:
        return f"; write {_YES_NO[value.lower()]}"
    if mistake.kind == "int_type" and isinstance(value, str) and value.isdigit():
        return "; remove the quotes"
    if mistake.kind == "model_type" and isinstance(value, str) and value.partition(":")[0] in mistake.known:
        return "; put a space after the colon"
    return ""


def _shown(value: object) -> str:
    """Return a value as the author wrote it, short and on one line."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    return repr(value) if len(repr(value)) <= _LONGEST_SHOWN else f"{repr(value)[:_LONGEST_SHOWN]}…"


def _or(words: Iterable[str]) -> str:
    unique = list(dict.fromkeys(words))
    return " or ".join(filter(None, (", ".join(unique[:-1]), *unique[-1:])))
