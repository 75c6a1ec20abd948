"""A foreign contract from disk: its files read, its mistakes told, its operations made.

Rules:

- YAML or JSON, UTF-8, at most 10 MiB in all its files together.
- A reference may lead to another file of the document's own folder, or below it; links that lead out of it do not count
  as inside. Nothing is ever fetched: a reference to a URL is refused, with the remedy.
- Every mistake is a `Problem` with its line; JSON is read again as YAML to find the line, and only then.
"""

import posixpath
from pathlib import Path
from urllib.parse import unquote

import msgspec
import orjson

from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.external.document import DocumentFiles
from mockserver.external.operations import described, operations
from mockserver.external.validate import Mistake, mistakes, references, remote, version_mistake
from mockserver.files.yaml_document import YamlDocument, path_text, read
from mockserver.files.yaml_limits import CONTRACT
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.openapi.refs import UnresolvableReference
from mockserver.openapi.sampling.schema import SamplingError

MOST_FILES = 5_000
"""The most files of one document; the largest published one that we know has 2,900."""


class ExternalContract(msgspec.Struct, frozen=True):
    """A foreign contract: its title and its operations, ready to stand beside the gateway's."""

    title: str
    operations: tuple[Operation, ...]


class _Files:
    """The files of one document, as they are read."""

    def __init__(self, main: Path) -> None:
        self.folder = main.parent
        self.main = main.name
        self.left = CONTRACT.bytes
        self.sources: dict[str, bytes] = {}
        self.documents: dict[str, YamlDocument] = {}
        self.trees: dict[str, object] = {}

    def load(self, name: str) -> None:
        """Read one file. Raises `AuthorError`."""
        path = self.folder / name
        with path.open("rb") as stream:
            source = stream.read(self.left + 1)
        if len(source) > self.left:
            message = f"the document is larger than {CONTRACT.bytes // 1024 // 1024} MiB in all its files"
            raise AuthorError([Problem(str(path), 1, 1, "", message)])
        self.left -= len(source)
        self.sources[name] = source
        tree = _json(source)
        if _height(tree, CONTRACT.depth) >= CONTRACT.depth:
            raise AuthorError([Problem(str(path), 1, 1, "", f"nested deeper than {CONTRACT.depth} levels; flatten it")])
        if tree is None:
            self.documents[name] = read(source, str(path), CONTRACT)
            tree = self.documents[name].value
        self.trees[name] = tree

    def problem(self, mistake: Mistake) -> Problem:
        """A mistake with its line."""
        file = str(self.folder / mistake.file)
        if mistake.file not in self.documents:
            try:
                self.documents[mistake.file] = read(self.sources[mistake.file], file, CONTRACT)
            except AuthorError:  # JSON with a tab is no YAML
                return Problem(file, 1, 1, path_text(mistake.path), mistake.message)
        return self.documents[mistake.file].problem(mistake.path, mistake.message, at_key=mistake.at_key)

    def error(self, found: list[Mistake]) -> AuthorError:
        """Every mistake, once."""
        return AuthorError([self.problem(mistake) for mistake in dict.fromkeys(found)][:100])

    def follow(self) -> list[Mistake]:
        """Load every file that the loaded ones refer to; what may not be loaded is a mistake."""
        found: list[Mistake] = []
        todo = [self.main]
        while todo:
            name = todo.pop()
            for path, reference in references(self.trees[name]):
                target = unquote(reference.partition("#")[0])
                if not target:
                    continue
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
                problem = self._refused(reference, target)
                if problem:
                    found.append(Mistake(name, path, problem))
                elif target not in self.trees:
                    self.load(target)
                    todo.append(target)
        return found

    def _refused(self, reference: str, target: str) -> str:
        """Why a file is not loaded, or nothing."""
        if remote(reference):
            return f"'{reference:.200}' is not fetched; put a copy beside this file, and refer to that"
        path = self.folder / target
        try:
            inside = path.resolve().is_relative_to(self.folder.resolve())
            there = inside and path.is_file()
        except (OSError, ValueError):
            there = inside = False
        if target.startswith("..") or not inside:
            return f"'{reference:.200}' leads out of the folder of this document; put a copy inside"
        if not there:
            return f"there is no file '{target:.200}'"
        return f"more than {MOST_FILES} files" if len(self.trees) >= MOST_FILES and target not in self.trees else ""


def load_external(path: Path, taken: frozenset[str] = frozenset()) -> ExternalContract:
    """The operations of an OpenAPI document; `taken` are names of the gateway's.

    Raises `OperatorError` for a file that cannot be read, `AuthorError` with every mistake.
    """
    files = _Files(path)
    try:
        if not path.is_file():
            raise OperatorError(f"{path}: there is no such file; --contract takes an OpenAPI document")
        files.load(path.name)
        return _made(files, taken)
    except OSError as error:
        raise OperatorError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from None


def _made(files: _Files, taken: frozenset[str]) -> ExternalContract:
    root = files.trees[files.main]
    wrong = version_mistake(root, files.main)
    if wrong is not None:
        raise files.error([wrong])
    assert isinstance(root, dict), "it has a version"
    found = files.follow()
    whole = DocumentFiles(files.trees, files.main, root["openapi"])
    found = found or mistakes(whole)
    made: list[Operation] = []
    for each in described(whole) if not found else ():
        try:
            made += operations(whole, each, taken)
        except (UnresolvableReference, SamplingError, RecursionError) as error:
            found.append(Mistake(files.main, each.place, f"this operation cannot be read: {error}"))
    if found:
        raise files.error(found)
    info = whole.root.get("info")
    return ExternalContract(f"{info.text('title')} {info.text('version')}".strip(), tuple(made))


def add_external(contract: Contract, foreign: ExternalContract) -> tuple[Contract, list[str]]:
    """The contract with the foreign operations beside its own, and what to tell at start-up."""
    joined = contract.with_external(foreign.operations)
    names = {operation.name for operation in foreign.operations} - {operation.name for operation in joined.shadowed}
    first = next((operation for operation in foreign.operations if operation not in joined.shadowed), None)
    such = f", such as {first.method} {first.path}" if first is not None else ""
    told = [f"Beside the gateway: {foreign.title}, {len(names)} operation{'s' * (len(names) != 1)}{such}."]
    if joined.shadowed:
        lost = ", ".join([f"{operation.method} {operation.path}" for operation in joined.shadowed])
        told.append(f"The gateway's own operations win where both have one: {lost}.")
    return joined, told


def _height(tree: object, most: int) -> int:
    """How deep a tree is, at most `most`."""
    level, height = [tree], 0
    while level and height < most:
        inner = [each for each in level if isinstance(each, dict | list)]
        level = [value for each in inner for value in (each.values() if isinstance(each, dict) else each)]
        height += 1
    return height


def _json(source: bytes) -> object:
    """The value of a JSON file, or None if it is none (or `null`)."""
    try:
        return orjson.loads(source) if source.lstrip()[:1] in (b"{", b"[") else None
    except orjson.JSONDecodeError:
        return None
