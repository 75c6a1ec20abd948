"""What the tests of external contracts share: two documents, an engine that serves them, an independent validator."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml
from openapi_schema_validator import OAS30ReadValidator, OAS31Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mockserver.accounts.session import Session
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.external.document import DocumentFiles
from mockserver.files.external_document import add_external, load_external
from mockserver.files.loader import parse
from mockserver.openapi.contract import Contract
from mockserver.scenarios.compile import compile_scenario
from tests.support.engine import NOW, Answer, contract

FOLDER = Path(__file__).resolve().parents[1] / "external" / "documents"
GOOD = {"x-pet-key": "k", "authorization": "Bearer t"}
"""Credentials that every operation of both documents takes, but for `basic` and the key in the query."""


@cache
def joined(name: str) -> Contract:
    """Return the gateway's contract with the operations of one of the documents."""
    return add_external(contract(), load_external(FOLDER / f"{name}.yaml", contract().names))[0]


@cache
def tree(name: str) -> Any:
    """Return a document as plain data, read by PyYAML instead of the product's loader; keys are text."""
    return orjson.loads(
        orjson.dumps(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()), option=orjson.OPT_NON_STR_KEYS)
    )


def judge(name: str, pointer: str, value: object) -> list[str]:
    """Return what an independent validator finds wrong with a value, by the schema at a pointer of the document."""
    registry: Registry[Any] = Registry().with_resource("urn:d", DRAFT202012.create_resource(tree(name)))
    validator = OAS30ReadValidator if tree(name)["openapi"].startswith("3.0") else OAS31Validator
    schema = {"$ref": f"urn:d#{pointer}"}
    errors = validator(schema, registry=registry, format_checker=validator.FORMAT_CHECKER).iter_errors(value)
    return [error.message for error in errors]


def document(schemas: Mapping[str, Any], version: str) -> DocumentFiles:
    """Return a document of one file with these component schemas."""
    return DocumentFiles({"main": {"openapi": version, "components": {"schemas": schemas}}}, "main", version)


def serve(folder: Path, contents: Mapping[str, Any]) -> Engine:
    """Return an engine that serves a document with these contents beside the gateway."""
    file = folder / "api.json"
    file.write_bytes(orjson.dumps({"openapi": "3.2.0", "info": {"title": "T", "version": "1"}, **contents}))
    return Engine(add_external(contract(), load_external(file))[0], {}, EngineSettings())


def answer(engine: Engine, method: str, path: str) -> Answer:
    """Return the answer of an engine to one request of a new session."""
    return Answer(engine.step(Session("test"), Request(method, path, {}), NOW)[1])


class Client:
    """One session with the gateway and the operations of a document."""

    def __init__(self, name: str, turns: str = "", *, seed: str = "0", id: str = "test") -> None:
        scripts = {}
        if turns:
            loaded = parse(f"scenario: test\nturns:\n{turns}".encode(), "test.yaml")
            script, complaints = compile_scenario(loaded.scenario, joined(name))
            assert complaints == []
            scripts = {"test": script}
        self.engine = Engine(joined(name), scripts, EngineSettings(scenario="test" if turns else None))
        self.session = Session(id, seed)

    def ask(
        self, method: str, target: str, body: object = b"", headers: Mapping[str, str] = GOOD, **more: str
    ) -> Answer:
        """Send a request. A body other than bytes is sent as JSON; `more` are headers, with _ for -."""
        path, _, query = target.partition("?")
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        given = {**headers, **{key.replace("_", "-"): value for key, value in more.items()}}
        if not isinstance(body, bytes):
            given.setdefault("content-type", "application/json")
        self.session, decision = self.engine.step(self.session, Request(method, path, given, raw, query=query), NOW)
        return Answer(decision)
