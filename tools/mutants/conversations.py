"""Faults that only whole conversations show: length, offers, order, repetition, pieces."""

import hashlib
from dataclasses import replace

from tools.mutants.relayed import Change, RelayedExchange


def _fails_with(needle: bytes) -> Change:
    """Answer 500 to conversations that contain these bytes."""

    def after(exchange: RelayedExchange) -> None:
        if needle in (exchange.request.body or b""):
            exchange.status = 500

    return after


def _only_first_call(exchange: RelayedExchange) -> None:
    """Refuse a result for the second of two parallel calls."""
    if b"call_gate_1" in (exchange.request.body or b"") and exchange.is_messages:
        exchange.request = replace(exchange.request, body=b"{")


def _second_costs_more(exchange: RelayedExchange) -> None:
    """Count one more token of input each time that the same request comes, as a cache does that counts itself."""
    body = exchange.json
    if exchange.status != 200 or exchange.is_stream or not isinstance(body, dict) or not body.get("usage"):
        return
    mark = hashlib.sha256(exchange.request.body or b"").hexdigest()
    exchange.memory[mark] = exchange.memory.get(mark, -1) + 1
    for name in ("input_tokens", "prompt_tokens", "total_tokens"):
        if name in body["usage"]:
            body["usage"][name] += exchange.memory[mark]
    exchange.json = body


def _choice_lost(exchange: RelayedExchange) -> None:
    """Forget tool_choice if a tool comes before the forced one."""
    body = exchange.request.json
    if isinstance(body, dict) and b"unused_tool" in (exchange.request.body or b""):
        exchange.change_body(tool_choice=None)


def _key_first(exchange: RelayedExchange) -> None:
    """Read the headers only as far as the credential, so that a content type behind it is not seen."""
    names = list(exchange.request.headers)
    credential = next((name for name in names if name in ("x-api-key", "authorization")), None)
    if credential and "content-type" in names[names.index(credential) :]:
        exchange.request = replace(exchange.request, body=b"{")


def _pieces_whole(exchange: RelayedExchange) -> None:
    """Stream nothing to a client that sends its request in pieces."""
    if "transfer-encoding" in exchange.request.headers and isinstance(exchange.request.json, dict):
        exchange.change_body(stream=False)


BEFORE: dict[str, tuple[str, str, Change]] = {
    "parallel-result-refused": ("conversation", "conversation-answered", _only_first_call),
    "choice-lost-among-tools": ("conversation", "unused-tool-harmless", _choice_lost),
    "headers-in-one-order": ("conversation", "header-order-harmless", _key_first),
    "pieces-not-streamed": ("conversation", "pieces-harmless", _pieces_whole),
}
"""The name of a mutant -> its family, the promises that it must break, and its change of the request."""

AFTER: dict[str, tuple[str, str, Change]] = {
    "long-history-500": ("conversation", "conversation-answered", _fails_with(b'"Question 99."')),
    "large-offer-500": ("conversation", "conversation-answered", _fails_with(b'"further_tool_100"')),
    "repeat-counts-more": ("conversation", "repeat-changes-nothing", _second_costs_more),
}
"""The same for a change of the answer."""
