"""Requests that schemathesis generates from the schemas.

A schema cannot say everything, so valid requests are made tame: they get a known model and provider, and lose what has
rules beyond the schema (pairing of tool results, limits of models). A tame request must be answered 200. The
contract's own schema decides whether a body is valid, not the mode in which it was generated.
"""

import json
import logging
import warnings
from collections.abc import Callable, Collection, Iterator
from typing import Any

from mockserver.contracts.document import ContractDocument, OperationSpec

EXAMPLES = 12
"""Requests for each operation and each mode."""

SEMANTIC = (
    *("tool_choice", "tools", "max_iterations", "thinking", "thread", "stop", "stop_sequences", "n"),
    *("response_format", "output_config", "output_format", "cache_control"),
)
PLAIN_ROLES = ("user", "system", "developer")


def requests(
    document: ContractDocument, seed: int, examples: int = EXAMPLES
) -> Iterator[tuple[OperationSpec, Any, bool]]:
    """Yield operation, body, and whether the body is valid.

    Generating them takes seconds, so they are kept for each seed. The first time they are yielded one by one, so that
    a run can stop in between.
    """
    key = (document.documented_only, seed, examples)
    if key in _MADE:
        yield from _MADE[key]
        return
    generated = []
    for request in _make(document, seed, examples):
        generated.append(request)
        yield request
    if len(_MADE) >= MOST_MADE:
        del _MADE[next(iter(_MADE))]
    _MADE[key] = generated


MOST_MADE = 4
_MADE: dict[tuple[bool, int, int], list[tuple[OperationSpec, Any, bool]]] = {}


def _make(
    document: ContractDocument, seed: int, examples: int, names: Collection[str] = ()
) -> Iterator[tuple[OperationSpec, Any, bool]]:
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from schemathesis import GenerationMode
    from schemathesis.config import SchemathesisConfig

    logging.getLogger("hypothesis").setLevel(logging.ERROR)
    # Without a configuration schemathesis reads the schemathesis.toml of the folder in which the gate was started.
    schema = schemathesis.openapi.from_dict(_minimal(document), config=SchemathesisConfig())
    for operation in (
        conversation for conversation in document.conversations if not names or conversation.name in names
    ):
        generator = schema[operation.path]["POST"]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            bodies: list[Any] = []
            quick = settings(
                max_examples=examples,
                phases=[Phase.generate],
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                seeded(seed)(quick(given(generator.as_strategy(generation_mode=mode))(_collector(bodies))))()
            yield from _sorted(operation, bodies)


def _collector(bodies: list[Any]) -> Callable[[Any], None]:
    def collect(case: Any) -> None:
        bodies.append(case.body)

    return collect


def _sorted(operation: OperationSpec, bodies: list[Any]) -> Iterator[tuple[OperationSpec, Any, bool]]:
    assert operation.request is not None
    for body in bodies:
        try:
            plain = json.loads(json.dumps(body))
        except (TypeError, ValueError, UnicodeError):
            continue
        if not _encodable(plain):
            continue
        if operation.request.problems(plain):
            yield operation, plain, False
        else:
            tame = tamed(operation, plain)
            if not operation.request.problems(tame):
                yield operation, tame, True


def _encodable(value: Any) -> bool:
    """Return whether a value can be written as UTF-8. The contract does not say what happens to lone surrogates."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def tamed(operation: OperationSpec, body: dict[str, Any]) -> dict[str, Any]:
    """Return a valid body without what has rules beyond the schema."""
    known = operation.basic
    kept = {name: value for name, value in body.items() if name not in SEMANTIC}
    kept |= {name: known[name] for name in ("model", "provider", "preferred_model") if name in known}
    for name in ("max_tokens", "max_completion_tokens"):
        if name in kept:
            kept[name] = 32
    if isinstance(kept.get("system"), list):  # how often and in which order breakpoints come has rules of its own
        kept["system"] = [_without_breakpoint(block) for block in kept["system"]]
    plain = [
        message
        for message in kept["messages"]
        if message.get("role") in PLAIN_ROLES and isinstance(message.get("content"), str)
    ]
    users = [message for message in plain if message["role"] == "user"]
    kept["messages"] = [*(users or plain), {"role": "user", "content": "Go on."}]
    return kept


def _without_breakpoint(block: Any) -> Any:
    return (
        {name: value for name, value in block.items() if name != "cache_control"} if isinstance(block, dict) else block
    )


def _minimal(document: ContractDocument) -> dict[str, Any]:
    """Return the part of the contract that generation needs: the request bodies."""
    paths: dict[str, Any] = {}
    for operation in document.conversations:
        content = {"application/json": {"schema": operation.request_schema}}
        paths[operation.path] = {
            "post": {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "ok"}}}
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "generation", "version": "1"},
        "paths": paths,
        "components": {"schemas": document.components["schemas"]},
    }
