"""An external OpenAPI document from disk: read its files, report its mistakes, and make its operations.

Rules:

- YAML or JSON, UTF-8, at most 10 MiB in all its files together.
- A reference may lead to another file in the folder of the document or below it; a symbolic link that leads out of the
  folder does not count as inside. Nothing is ever fetched: a reference to a URL is refused, with the remedy.
- Every mistake becomes a `Problem` with its line. JSON is read again as YAML to find the line, and only then.
"""

import posixpath
from pathlib import Path
from urllib.parse import unquote

import msgspec
import orjson

from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.external.document import DocumentFiles
from mockserver.external.mistake import Mistake
from mockserver.external.operations import described, operations
from mockserver.external.references import is_remote, references
from mockserver.external.validate import mistakes, version_mistake
from mockserver.files.yaml_document import YamlDocument, path_text
from mockserver.files.yaml_limits import CONTRACT
from mockserver.files.yaml_reader import read
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.openapi.refs import UnresolvableReference
from mockserver.openapi.sampling.schema import SamplingError

MAX_FILES = 5_000
"""The most files of one document; the largest published one that we know has 2,900."""
MAX_MISTAKES = 100
"""The most mistakes that are reported at once."""


class ExternalContract(msgspec.Struct, frozen=True):
    """An external document: its title, and its operations, ready for `Contract.with_external`."""

    title: str
    operations: tuple[Operation, ...]


class _Files:
    """The files of one document that have been read so far."""

    def __init__(self, main: Path) -> None:
        self.folder = main.parent
        self.main = main.name
        self.bytes_left = CONTRACT.bytes
        self.sources: dict[str, bytes] = {}
        self.documents: dict[str, YamlDocument] = {}
        self.trees: dict[str, object] = {}

    def load(self, name: str) -> None:
        """Read one file. Raises `AuthorError` for one that is too large, too deep or not YAML."""
        path = self.folder / name
        with path.open("rb") as stream:
            source = stream.read(self.bytes_left + 1)
        if len(source) > self.bytes_left:
            message = f"the document is larger than {CONTRACT.bytes // 1024 // 1024} MiB, all its files together"
            raise AuthorError([Problem(str(path), 1, 1, "", message)])
        self.bytes_left -= len(source)
        self.sources[name] = source
        tree = _json(source)
        if _depth(tree, CONTRACT.depth) >= CONTRACT.depth:
            raise AuthorError([Problem(str(path), 1, 1, "", f"nested deeper than {CONTRACT.depth} levels; flatten it")])
        if tree is None:
            self.documents[name] = read(source, str(path), CONTRACT)
            tree = self.documents[name].value
        self.trees[name] = tree

    def problem(self, mistake: Mistake) -> Problem:
        """Return a mistake with its line."""
        file = str(self.folder / mistake.file)
        if mistake.file not in self.documents:
            try:
                self.documents[mistake.file] = read(self.sources[mistake.file], file, CONTRACT)
            except AuthorError:  # JSON may be indented with tabs, YAML may not
                return Problem(file, 1, 1, path_text(mistake.path), mistake.message)
        return self.documents[mistake.file].problem(mistake.path, mistake.message, at_key=mistake.at_key)

    def error(self, mistakes: list[Mistake]) -> AuthorError:
        """Return the error that reports every mistake once."""
        return AuthorError([self.problem(mistake) for mistake in dict.fromkeys(mistakes)][:MAX_MISTAKES])

    def load_referenced(self) -> list[Mistake]:
        """Load every file that the loaded ones refer to. Return the references that may not be followed."""
        refused: list[Mistake] = []
        todo = [self.main]
        while todo:
            name = todo.pop()
            for path, reference in references(self.trees[name]):
                target = unquote(reference.partition("#")[0])
                if not target:
                    continue
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
                problem = self._refusal(reference, target)
                if problem:
                    refused.append(Mistake(name, path, problem))
                elif target not in self.trees:
                    self.load(target)
                    todo.append(target)
        return refused

    def _refusal(self, reference: str, target: str) -> str:
        """Return why a file is not loaded, or nothing."""
        if is_remote(reference):
            return f"'{reference:.200}' is not fetched; save a copy beside this file and refer to the copy"
        path = self.folder / target
        try:
            inside = path.resolve().is_relative_to(self.folder.resolve())
            exists = inside and path.is_file()
        except (OSError, ValueError):
            exists = inside = False
        if target.startswith("..") or not inside:
            return f"'{reference:.200}' leads out of the folder of this document; save a copy inside it"
        if not exists:
            return f"there is no file '{target:.200}'"
        too_many = len(self.trees) >= MAX_FILES and target not in self.trees
        return f"the document has more than {MAX_FILES} files" if too_many else ""


def load_external(path: Path, reserved: frozenset[str] = frozenset()) -> ExternalContract:
    """Return the operations of an OpenAPI document; `reserved` are the names of the gateway's operations.

    Raises `OperatorError` for a file that cannot be read, and `AuthorError` with every mistake of the document.
    """
    files = _Files(path)
    try:
        if not path.is_file():
            raise OperatorError(f"{path}: file not found; --contract expects an OpenAPI document")
        files.load(path.name)
        return _external_contract(files, reserved)
    except OSError as error:
        raise OperatorError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from None


def _external_contract(files: _Files, reserved: frozenset[str]) -> ExternalContract:
    root = files.trees[files.main]
    unsupported = version_mistake(root, files.main)
    if unsupported is not None:
        raise files.error([unsupported])
    assert isinstance(root, dict), "version_mistake has checked that"
    problems = files.load_referenced()
    whole = DocumentFiles(files.trees, files.main, root["openapi"])
    problems = problems or mistakes(whole)
    made: list[Operation] = []
    for each in described(whole) if not problems else ():
        try:
            made += operations(whole, each, reserved)
        except (UnresolvableReference, SamplingError, RecursionError) as error:
            problems.append(Mistake(files.main, each.location, f"this operation cannot be used: {error}"))
    if problems:
        raise files.error(problems)
    info = whole.root.get("info")
    return ExternalContract(f"{info.text('title')} {info.text('version')}".strip(), tuple(made))


def add_external(contract: Contract, external: ExternalContract) -> tuple[Contract, list[str]]:
    """Return the contract with the external operations added, and the lines to print at start-up."""
    joined = contract.with_external(external.operations)
    names = {operation.name for operation in external.operations} - {operation.name for operation in joined.shadowed}
    first = next((operation for operation in external.operations if operation not in joined.shadowed), None)
    example = f", such as {first.method} {first.path}" if first is not None else ""
    lines = [f"Contract: {external.title}, {len(names)} operation{'s' * (len(names) != 1)}{example}."]
    if joined.shadowed:
        shadowed = ", ".join([f"{operation.method} {operation.path}" for operation in joined.shadowed])
        lines.append(f"Not served, because the gateway has the same operation: {shadowed}.")
    return joined, lines


def _depth(tree: object, limit: int) -> int:
    """Return how deep a tree is, at most `limit`."""
    level, depth = [tree], 0
    while level and depth < limit:
        inner = [each for each in level if isinstance(each, dict | list)]
        level = [value for each in inner for value in (each.values() if isinstance(each, dict) else each)]
        depth += 1
    return depth


def _json(source: bytes) -> object:
    """Return the value of a JSON file, or None for a file that is not JSON (or is `null`)."""
    try:
        return orjson.loads(source) if source.lstrip()[:1] in (b"{", b"[") else None
    except orjson.JSONDecodeError:
        return None
