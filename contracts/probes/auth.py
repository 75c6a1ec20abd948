"""Probes of credentials: none, malformed, Anthropic's, expired, and good ones in either header."""

from collections.abc import Iterator

from mockserver.contracts.client import Client, NotExaminable, NotOffered
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.probe import probe

ANTHROPIC_KEY = "sk-ant-api03-gate0123456789abcdef"
FEW = ("messages", "chat", "chat_public", "chat_public_v1", "credits_balance", "me", "models")
MALFORMED = (
    {"x-api-key": ""},
    {"authorization": ""},
    {"authorization": "Bearer"},
    {"authorization": "Basic c2tfZ2F0ZTpzZWNyZXQ="},
    {"authorization": "sk_gate_without_a_scheme"},
)


def guarded(client: Client) -> Iterator[OperationSpec]:
    """Yield the operations that need a credential; in a run that is not thorough, only a few of them."""
    for operation in client.document.operations.values():
        few = client.target.thorough or operation.name in FEW
        is_ours = client.document.scope != "document"  # the probes of other documents are in document_auth
        if few and is_ours and operation.schemes and not operation.key_optional:
            yield operation


def call(client: Client, operation: OperationSpec, headers: dict[str, str], body: object = None) -> CheckedExchange:
    """Send a request that is valid except for its credential."""
    if operation.method == "GET":
        return client.get(operation, headers=headers, model_id="qwen-coder-32b")
    if body is None:
        body = client.body(operation) if operation.wire != "json" else {}
    return client.post(operation, body, headers=headers)


def _needing_a_key(client: Client) -> list[OperationSpec]:
    """Return the guarded operations. Raises `NotOffered` if any gateway, without a contract of its own, has none."""
    operations = list(guarded(client))
    if not operations and client.document.scope == "wire":
        raise NotOffered("the target answers without a key")
    return operations


@probe("auth-missing")
def nothing_sent(client: Client) -> None:
    """Send no credential."""
    for operation in _needing_a_key(client):
        client.expect("auth-missing", call(client, operation, {}), 401)


def _empty(operation: OperationSpec) -> Iterator[dict[str, str]]:
    """Yield the headers of another document's own, without a key."""
    for place in (place for places in operation.security for place in places if operation.is_any_gateways):
        if place.where == "header" and place.name.lower() not in ("x-api-key", "authorization"):
            yield {place.name.lower(): ""}


@probe("auth-malformed")
def malformed(client: Client) -> None:
    """Send headers that carry no key."""
    operations = client.main() if client.document.scope == "own" else _needing_a_key(client)
    for operation in operations:
        for headers in (*MALFORMED, *_empty(operation)):
            client.expect("auth-malformed", call(client, operation, dict(headers)), 401)


@probe("auth-sk-ant-key", "auth-sk-ant-bearer")
def anthropic_keys(client: Client) -> None:
    """Send a key of Anthropic's in either header."""
    client.operation("messages")  # the promise of our documents alone
    for operation in guarded(client):
        if "ApiKeyAuth" in operation.schemes:
            client.expect("auth-sk-ant-key", call(client, operation, {"x-api-key": ANTHROPIC_KEY}), 401)
        bearer = {"authorization": f"Bearer {ANTHROPIC_KEY}"}
        client.expect("auth-sk-ant-bearer", call(client, operation, bearer), 401)
    if client.has("chat_byok"):
        exchange = call(client, client.operation("chat_byok"), {"authorization": f"Bearer {ANTHROPIC_KEY}"})
        client.expect("auth-sk-ant-bearer", exchange, 401)


@probe("auth-both-ways")
def both_ways(client: Client) -> None:
    """Send a good key in each header."""
    for operation in guarded(client):
        if set(operation.schemes) != {"ApiKeyAuth", "BearerAuth"} or (client.target.paid and operation.is_metered):
            continue
        if operation.name.startswith("credits") or operation.is_conversation:
            for headers in ({"x-api-key": client.target.key}, {"authorization": f"Bearer {client.target.key}"}):
                client.expect("auth-both-ways", call(client, operation, headers), 200)


@probe("auth-optional")
def nobody(client: Client) -> None:
    """Send no credential to the BYOK route."""
    operation = client.operation("chat_byok")
    exchange = call(client, operation, {})
    if exchange.response.status == 401 and client.target.paid:
        raise NotExaminable("401: the gateway has no provider key of its own to answer with")
    client.expect("auth-optional", exchange, 200)


@probe("auth-before-body")
def before_the_body(client: Client) -> None:
    """Send a bad credential together with a bad body."""
    for name in ("messages", "chat", "chat_public"):
        operation = client.operation(name)
        for body in (b'{"model":', {"messages": 7}):
            client.expect("auth-before-body", call(client, operation, {}, body), 401)
            bearer = {"authorization": f"Bearer {ANTHROPIC_KEY}"}
            client.expect("auth-before-body", call(client, operation, bearer, body), 401)


@probe("auth-expired")
def expired(client: Client) -> None:
    """Send an expired token."""
    headers = {"authorization": f"Bearer {client.credential('expired')}"}
    for name in ("messages", "chat", "me"):
        client.expect("auth-expired", call(client, client.operation(name), headers), 401)


@probe("version-never-refused")
def versions(client: Client) -> None:
    """Send old, new, odd and no versions."""
    operation = client.operation("messages")
    for version in ("2026-10-21", "1999-01-01", "latest"):
        headers = client.auth_header(operation) | {"anthropic-version": version}
        client.expect("version-never-refused", client.post(operation, client.body(operation), headers=headers), 200)


PROBES = (
    nothing_sent,
    malformed,
    anthropic_keys,
    both_ways,
    nobody,
    before_the_body,
    expired,
    versions,
)
