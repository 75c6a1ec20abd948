"""Scenes about credentials: none, broken ones, Anthropic's, expired ones, and good ones both ways."""

from collections.abc import Iterator

from mockserver.contracts.client import Client, NotExaminable
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


def guarded(talk: Client) -> Iterator[OperationSpec]:
    """The operations that need a credential."""
    for operation in talk.document.operations.values():
        few = talk.target.thorough or operation.name in FEW
        if few and operation.schemes and not operation.key_optional:
            yield operation


def call(talk: Client, operation: OperationSpec, headers: dict[str, str], body: object = None) -> CheckedExchange:
    """A request that is valid but for its credential."""
    if operation.method == "GET":
        return talk.get(operation, headers=headers, model_id="qwen-coder-32b")
    if body is None:
        body = talk.say(operation) if operation.wire != "json" else {}
    return talk.post(operation, body, headers=headers)


@probe("auth-missing")
def nothing_sent(talk: Client) -> None:
    """No credential at all."""
    for operation in guarded(talk):
        talk.expect("auth-missing", call(talk, operation, {}), 401)


@probe("auth-malformed")
def malformed(talk: Client) -> None:
    """Headers that carry no key."""
    for name in ("messages", "chat"):
        operation = talk.operation(name)
        for headers in MALFORMED:
            talk.expect("auth-malformed", call(talk, operation, dict(headers)), 401)


@probe("auth-sk-ant-key", "auth-sk-ant-bearer")
def anthropic_keys(talk: Client) -> None:
    """Anthropic's own keys, in either header."""
    for operation in guarded(talk):
        if "ApiKeyAuth" in operation.schemes:
            talk.expect("auth-sk-ant-key", call(talk, operation, {"x-api-key": ANTHROPIC_KEY}), 401)
        bearer = {"authorization": f"Bearer {ANTHROPIC_KEY}"}
        talk.expect("auth-sk-ant-bearer", call(talk, operation, bearer), 401)
    if talk.has("chat_byok"):
        exchange = call(talk, talk.operation("chat_byok"), {"authorization": f"Bearer {ANTHROPIC_KEY}"})
        talk.expect("auth-sk-ant-bearer", exchange, 401)


@probe("auth-both-ways")
def both_ways(talk: Client) -> None:
    """A good key in each header."""
    for operation in guarded(talk):
        if set(operation.schemes) != {"ApiKeyAuth", "BearerAuth"} or (talk.target.paid and operation.is_metered):
            continue
        if operation.name.startswith("credits") or operation.is_conversation:
            for headers in ({"x-api-key": talk.target.key}, {"authorization": f"Bearer {talk.target.key}"}):
                talk.expect("auth-both-ways", call(talk, operation, headers), 200)


@probe("auth-optional")
def nobody(talk: Client) -> None:
    """The BYOK route, anonymously."""
    operation = talk.operation("chat_byok")
    exchange = call(talk, operation, {})
    if exchange.answer.status == 401 and talk.target.paid:
        raise NotExaminable("401: the gateway has no provider key of its own to answer with")
    talk.expect("auth-optional", exchange, 200)


@probe("auth-before-body")
def before_the_body(talk: Client) -> None:
    """A bad credential and a bad body at once."""
    for name in ("messages", "chat", "chat_public"):
        operation = talk.operation(name)
        for body in (b'{"model":', {"messages": 7}):
            talk.expect("auth-before-body", call(talk, operation, {}, body), 401)
            bearer = {"authorization": f"Bearer {ANTHROPIC_KEY}"}
            talk.expect("auth-before-body", call(talk, operation, bearer, body), 401)


@probe("auth-expired")
def expired(talk: Client) -> None:
    """An old token."""
    headers = {"authorization": f"Bearer {talk.aid('expired')}"}
    for name in ("messages", "chat", "me"):
        talk.expect("auth-expired", call(talk, talk.operation(name), headers), 401)


@probe("version-never-refused")
def versions(talk: Client) -> None:
    """Old, new, odd and no versions."""
    operation = talk.operation("messages")
    for version in ("2026-10-21", "1999-01-01", "latest"):
        headers = talk.credential(operation) | {"anthropic-version": version}
        talk.expect("version-never-refused", talk.post(operation, talk.say(operation), headers=headers), 200)


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
