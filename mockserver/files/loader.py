"""A scenario file from disk to a checked `Scenario`.

`load` and `parse` give the scenario together with its document, so that later checks can say where something stands.
`check` does the same for any other pydantic model of a YAML file.

Rules:

- All mistakes of a file are told at once, one `Problem` for each, in the order of the file.
- A problem stands where the author must type: at the key if the key is unknown, else at the value; what is missing
  is told at the mapping that lacks it.
- The words are ours, from the tables below. Pydantic's own wording is shown only for what the tables do not know.

Theory: pydantic tells the place of an error as a path through *its* view, which has labels of union branches and
the indexes of lists that a short form made. `_locate` walks that path through the document and the models at the
same time. The document says which parts the author has really written; the models say what could have been there.
"""

import re
from collections.abc import Iterable
from pathlib import Path as FilePath
from types import UnionType
from typing import Annotated, Literal, TypeAlias, TypeGuard, TypeVar, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean, nearest
from mockserver.files.yaml_document import MAX_BYTES, MAX_PROBLEMS, Path, YamlDocument, read
from mockserver.scenarios.schema import Scenario

Annotation: TypeAlias = object
M = TypeVar("M", bound=BaseModel)


class Loaded(msgspec.Struct, frozen=True):
    """A checked scenario, the document that it was read from, and the file's name in messages."""

    scenario: Scenario
    document: YamlDocument
    file: str

    def problem(self, path: Path, message: str) -> Problem:
        """A problem of the value at a path of the scenario, at its place in the file."""
        return self.document.problem(self.document.written(path), message)


def load(path: FilePath) -> Loaded:
    """Read and check a scenario file. Raises `OperatorError` if it cannot be read, `AuthorError` if it is wrong."""
    try:
        if not path.is_file():
            raise OperatorError(_no_file(path))
        with path.open("rb") as stream:
            source = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return parse(source, str(path))


def parse(source: bytes, file: str) -> Loaded:
    """Check the scenario in `source`; `file` is its name in messages. Raises `AuthorError` with every problem."""
    document = read(source, file)
    return Loaded(check(Scenario, document), document, file)


def check(model: type[M], document: YamlDocument) -> M:
    """Make a `model` of a document. Raises `AuthorError` with every problem, each with its place."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        # More than are told, since the branches of a union are errors apart; bounded, since each is searched for.
        details = error.errors(include_url=False)[: 5 * MAX_PROBLEMS]
    raise AuthorError(_problems(model, document, details))


def discover(folder: FilePath) -> list[FilePath]:
    """List the *.yaml and *.yml files directly in a folder, sorted; links that lead out of it are left out."""
    try:
        if not folder.is_dir():
            raise OperatorError(_no_file(folder, "folder"))
        home = folder.resolve()
        return sorted(path for path in _yaml_files(folder) if path.is_file() and path.resolve().is_relative_to(home))
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: FilePath, error: Exception) -> OperatorError:
    return OperatorError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")


def _yaml_files(folder: FilePath) -> list[FilePath]:
    return [path for path in folder.iterdir() if path.suffix in (".yaml", ".yml")]


def _no_file(path: FilePath, kind: str = "file") -> str:
    if path.exists():
        return f"{path}: is no {kind}"
    if not path.parent.is_dir():
        return f"{path}: there is no folder {path.parent}"
    others = path.parent.iterdir() if kind == "folder" else _yaml_files(path.parent)
    known = [other.name for other in others if other.exists()]
    return f"{path}: there is no such {kind}; {did_you_mean(path.name, known)}"


# --- Where a mistake is ------------------------------------------------------------------------------------------


class _Mistake(msgspec.Struct, frozen=True):
    """One error of pydantic, found again in the document.

    `location` is pydantic's path and `path` the document's. `options` is what may stand there, `owners` are the
    models on the way with the path to each, and `forks` are the places in `location` where a union's label stands.
    """

    kind: str
    said: str
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
        """The value at fault as the author knows it; of keys and passwords only what it is."""
        if _SECRETS.isdisjoint(self.path) or not isinstance(self.input, str | int | float):
            return _shown(self.input)
        return "text" if isinstance(self.input, str) else "a number"

    @property
    def known(self) -> list[str]:
        """The keys that the mapping at fault may have."""
        return _keys(self.owners[-1][1])


def _locate(root: type[BaseModel], document: YamlDocument, error: ErrorDetails) -> _Mistake:
    """Walk pydantic's path through the document and the models at the same time."""
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
    """What a value may be: the annotation without its metadata and None, the members of a union apart."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType):
        return (annotation,)
    members = [member for member in get_args(annotation) if member is not type(None)]
    return _options(members[0]) if len(members) == 1 else tuple(members)


def _inside(annotation: Annotation, part: str | int) -> tuple[Annotation, ...]:
    """What a value may be at a key or index of another."""
    for option in _options(annotation):
        if _is_model(option):
            return _options(_fields(option)[part]) if part in _fields(option) else ()
        if get_origin(option) not in (None, Literal):
            return _options(get_args(option)[-1 if isinstance(part, str) else 0])
    return ()


def _is_named(annotation: Annotation, label: str) -> bool:
    """Whether pydantic's label of a union's branch speaks of this member."""
    option = _options(annotation)[0]
    if _is_model(option) and any(label in get_args(field) for field in _fields(option).values()):
        return True  # a union that is told apart by a tag
    word = getattr(get_origin(option) or option, "__name__", "")
    return re.search(rf"\b{re.escape(word)}\b", label, re.IGNORECASE) is not None


def _fields(model: type[BaseModel]) -> dict[str | int, Annotation]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _keys(model: type[BaseModel]) -> list[str]:
    return [str(key) for key in _fields(model)]


def _models(annotation: Annotation) -> list[type[BaseModel]]:
    """The models that may stand in a field, directly or as the items of a list."""
    inner = [item for option in _options(annotation) for item in (option, *_inside(option, 0))]
    return [option for option in inner if _is_model(option)]


# --- Which mistakes to tell --------------------------------------------------------------------------------------


def _problems(model: type[BaseModel], document: YamlDocument, details: Iterable[ErrorDetails]) -> list[Problem]:
    """One problem for each mistake, in our words."""
    mistakes = _settle([_locate(model, document, error) for error in details])
    unknown = [mistake for mistake in mistakes if mistake.kind == "extra_forbidden"]
    misspelt = {(mistake.path[:-1], _meant(mistake)) for mistake in unknown}
    told = [
        document.problem(mistake.path, _tell(mistake), at_key=mistake.kind == "extra_forbidden")
        for mistake in mistakes
        if mistake.kind != "missing" or (mistake.path, mistake.name) not in misspelt
    ]
    return list(dict.fromkeys(told))[:MAX_PROBLEMS]


def _settle(mistakes: list[_Mistake]) -> list[_Mistake]:
    """Of each union, inner ones first, keep only the mistakes of the branch that was meant."""
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
    """The branch of the right shape with the fewest mistakes; if none has it, one mistake that names all shapes."""
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
    "missing": "'{name}' is missing",
    "union": "expected {shapes}, not {shown}",
    "greater_than_equal": "must be at least {ge}, not {shown}",
    "greater_than": "must be more than {gt}, not {shown}",
    "less_than_equal": "must be at most {le}, not {shown}",
    "less_than": "must be less than {lt}, not {shown}",
    "too_short": "needs at least {min_length}, has {actual_length}",
    "too_long": "takes at most {max_length}, has {actual_length}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "union_tag_invalid": "unknown {discriminator} '{tag}'; known: {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing",
    "value_error": "{error}",
    "assertion_error": "{error}",
}
_PATTERNS = {
    r"^[a-z0-9][a-z0-9-]*$": "lower-case letters, digits and dashes",
    r"^[a-zA-Z0-9_-]+$": "letters, digits, dashes and underscores",
}
_SYNONYMS = {  # What the APIs and other tools call it: our word.
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


def _tell(mistake: _Mistake) -> str:
    """One mistake, worded for the author."""
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
    return mistake.said.replace("Input should be", "expected").removeprefix("Value error, ")


def _unknown_key(mistake: _Mistake) -> str:
    """An unknown key, and the place or the name that it was meant to have."""
    name, meant = mistake.name, _meant(mistake)
    if name.partition(":")[0] == meant:
        return f"put a space after the colon: '{meant}: {name.partition(':')[2]}'"
    if name == "type" and "tool_use" in mistake.known:  # as the APIs write a block
        return "the key names the block, text or tool_use; remove 'type'"
    if name in _SYNONYMS and meant:
        return f"unknown key '{name}'; it is called '{meant}' here"
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
    """The known key that an unknown one stands for, if any is near."""
    before, colon, _ = mistake.name.partition(":")
    if colon and before in mistake.known:
        return before
    called = _SYNONYMS.get(mistake.name)
    return called if called in mistake.known else nearest(mistake.name, mistake.known)


def _under(model: type[BaseModel], name: str) -> list[str]:
    """The keys of a model whose own mapping knows `name`."""
    fields = _fields(model).items()
    return [f"'{key}'" for key, field in fields if any(name in _keys(inner) for inner in _models(field))]


def _unknown_value(mistake: _Mistake) -> str:
    """A value that is none of the few that there are."""
    known = [str(value) for option in mistake.options if get_origin(option) is Literal for value in get_args(option)]
    if isinstance(mistake.input, str) and known:
        return f"unknown value {mistake.shown}; {did_you_mean(mistake.input, known)}"
    return f"expected {_or(known) or mistake.context.get('expected')}, not {mistake.shown}"


def _is_wrong_shape(mistake: _Mistake) -> bool:
    return mistake.kind in _SHAPES or (mistake.kind == "literal_error" and not isinstance(mistake.input, str))


def _shape(mistake: _Mistake) -> str:
    """The noun of what is expected; a mapping with its keys, if they are few."""
    if mistake.kind == "model_type" and len(mistake.known) <= _MOST_KEYS:
        return f"a mapping with {_or(mistake.known)}"
    return _SHAPES.get(mistake.kind) or str(mistake.context.get("expected"))


def _remedy(mistake: _Mistake) -> str:
    """What to do about a value of the wrong shape, if it is plain."""
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
    """A value as the author knows it, short and on one line."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    return repr(value) if len(repr(value)) <= _LONGEST_SHOWN else f"{repr(value)[:_LONGEST_SHOWN]}…"


def _or(words: Iterable[str]) -> str:
    unique = list(dict.fromkeys(words))
    return " or ".join(filter(None, (", ".join(unique[:-1]), *unique[-1:])))
