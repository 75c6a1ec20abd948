"""Fragments of the scenario language, such as one turn, that arrive as JSON and are checked as in a file."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import orjson

from mockserver.core.errors import AuthorError
from mockserver.engine.overrides import compile_response
from mockserver.files import loader
from mockserver.files.dry_run import dry_run
from mockserver.files.yaml_document import YamlDocument
from mockserver.openapi.contract import Contract

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mockserver.scenarios.schema import Turn

M = TypeVar("M", bound="BaseModel")

_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that JSON allows as they are, and YAML only as an escape."""


def fragment_json(fragment: Mapping[str, object]) -> str:
    """Return a fragment as JSON, the form in which it is stored."""
    return orjson.dumps(fragment).decode()


def fragment_document(fragment: Mapping[str, object], what: str) -> YamlDocument:
    """Return a fragment as a YAML document; `what` names it in messages. Raises `TypeError` for what JSON lacks."""
    text = _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", orjson.dumps(fragment).decode())
    return loader.document_of(text.encode(), what)


def check_fragment(model: type[M], fragment: Mapping[str, object], what: str) -> M:
    """Return the model of a fragment. Raises `AuthorError` with every mistake."""
    return loader.check(model, fragment_document(fragment, what))


def check_turn(fragment: Mapping[str, object], contract: Contract) -> "Turn":
    """Return a turn that has an answer. Raises `AuthorError` with every mistake."""
    from mockserver.scenarios.schema import Turn

    turn = check_fragment(Turn, fragment, "turn")
    _check_meaning(fragment, contract)
    return turn


def check_faults(fragment: Mapping[str, object], contract: Contract) -> None:
    """Check faults, and optionally `when`, without an answer. Raises `AuthorError` with every mistake."""
    from mockserver.scenarios.schema import Turn

    check_fragment(Turn, {**fragment, "reply": ["."]}, "next")
    _check_meaning(fragment, contract)


def _check_meaning(fragment: Mapping[str, object], contract: Contract) -> None:
    compiled, problems = compile_response(
        {name: value for name, value in fragment.items() if name != "times"}, contract
    )
    if not problems and compiled.is_answer:
        problems = dry_run(compiled.script, contract)
    if problems:
        document = fragment_document(fragment, "next")
        raise AuthorError([document.problem(document.written(path[2:]), message) for path, message in problems])
