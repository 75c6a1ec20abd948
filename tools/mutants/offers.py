"""Mutants of what not every gateway offers. The gate examines them with `--dialect both`."""

import json

from mockserver.contracts.exchange import dig
from tools.mutants.relayed import Change, RelayedExchange


def _numbered_alike(exchange: RelayedExchange) -> None:
    if exchange.is_chat and dig(exchange.request.json, "n") == 2 and not exchange.is_stream:
        body = exchange.json
        exchange.json = body | {"choices": body["choices"] * 2}


def _other_tokens(exchange: RelayedExchange) -> None:
    if exchange.is_chat and dig(exchange.request.json, "logprobs") and not exchange.is_stream:
        body = exchange.json
        body["choices"][0]["logprobs"] = {"content": [{"token": "Nothing", "logprob": -0.5, "top_logprobs": []}]}
        exchange.json = body


def _blind_in_streams(exchange: RelayedExchange) -> None:
    if exchange.is_stream and b"iVBORw0KGgo" in (exchange.request.body or b""):
        exchange.status, exchange.headers = 400, [("content-type", "application/json")]
        error = {"type": "invalid_request_error", "message": "No pictures here."}
        exchange.body = json.dumps({"type": "error", "error": error}).encode()


OFFERS: dict[str, tuple[str, str, Change]] = {
    "choices-numbered-alike": ("field", "choices-as-asked", _numbered_alike),
    "logprobs-of-other-tokens": ("field", "logprobs-as-asked", _other_tokens),
    "pictures-not-streamed": ("status", "vision-accepted", _blind_in_streams),
}
"""Name -> family, promises, change of the answer."""
