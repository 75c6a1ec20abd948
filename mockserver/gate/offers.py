"""Which promises a target does not offer, because it speaks one wire only, or lacks a capability everywhere."""

from collections.abc import Iterable, Iterator, Mapping

from mockserver.contracts.document import ContractDocument
from mockserver.gate.results import PromiseResult

OF_A_WIRE: Mapping[str, frozenset[str]] = {
    "anthropic": frozenset({"messages", "error-dialect", "error-type", "count-tokens", "tool-result-pairing"}),
    "openai": frozenset({"chat", "one-choice", "created-plausible", "choices-as-asked", "logprobs-as-asked"}),
}
"""Wire -> the promises and groups that concern it alone."""

OF_A_CAPABILITY: Mapping[str, frozenset[str]] = {
    "streaming": frozenset({"framing", "messages", "chat"}),
    "usage chunk": frozenset({"chat-usage-chunk"}),
    "tools": frozenset({"chat-tool-deltas", "chat-tool-json", "messages-tool-json", "tools-as-offered"}),
    "thinking": frozenset({"messages-thinking"}),
}
"""Capability -> the promises and groups that only answers with it can show."""


def missing(document: ContractDocument, entries: Iterable[PromiseResult]) -> Iterator[tuple[str, list[str]]]:
    """Yield what the target does not have, and the promises that are about it; what explains most comes last."""
    entries, conversations = list(entries), document.conversations

    def about(names: frozenset[str]) -> list[str]:
        return [entry.name for entry in entries if {entry.name, entry.promise.group} & names]

    for capability, names in OF_A_CAPABILITY.items():
        if conversations and all(capability in operation.lacking for operation in conversations):
            yield f"{capability}: {conversations[0].lacking[capability]}", about(names)
    for wire, names in OF_A_WIRE.items():
        if all(operation.wire != wire for operation in conversations):
            yield f"the wire of {wire}", about(names)
