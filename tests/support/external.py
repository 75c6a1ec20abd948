"""What the tests of foreign contracts share: the two documents, an engine beside the gateway, an independent judge."""

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
    """The gateway with one of the documents beside it."""
    return add_external(contract(), load_external(FOLDER / f"{name}.yaml", contract().names))[0]


@cache
def tree(name: str) -> Any:
    """A document as plain data, by another reader than ours; its keys as text."""
    return orjson.loads(
        orjson.dumps(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()), option=orjson.OPT_NON_STR_KEYS)
    )


def judge(name: str, pointer: str, value: object) -> list[str]:
    """What an independent validator has against a value, by the schema at a place of the document as it was written."""
    registry: Registry[Any] = Registry().with_resource("urn:d", DRAFT202012.create_resource(tree(name)))
    validator = OAS30ReadValidator if tree(name)["openapi"].startswith("3.0") else OAS31Validator
    found = validator({"$ref": f"urn:d#{pointer}"}, registry=registry, format_checker=validator.FORMAT_CHECKER)
    return [error.message for error in found.iter_errors(value)]


class Client:
    """One session with the gateway and a document beside it."""

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
        """One request. A body that is no bytes is sent as JSON; `more` are headers, with _ for -."""
        path, _, query = target.partition("?")
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        given = {**headers, **{key.replace("_", "-"): value for key, value in more.items()}}
        if not isinstance(body, bytes):
            given.setdefault("content-type", "application/json")
        self.session, decision = self.engine.step(self.session, Request(method, path, given, raw, query=query), NOW)
        return Answer(decision)
