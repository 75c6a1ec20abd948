"""The client resent a permanently rejected request unchanged, with the same key.

A retry is not counted when the answer said `x-should-retry: true`, or when the gateway refused the request for the
account's state and answered the next one differently: credits were bought or the plan was changed in between.

Wrong:

    gateway.error(400).reply("hi")
    ask()
    ask()

Right:

    gateway.error(400).reply("hi")
    ask()
    ask(text="Something else")
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.record import Record
from mockserver.journal.retries import PERMANENT


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each permanent rejection with the retry that followed it."""
    for before, after in context.retries():
        asked_to_retry = before.response_headers.get("x-should-retry") == "true"
        # No turn answered, so the account was the cause; another status means that the cause is gone.
        account_changed = before.turn == 0 and after.status != before.status
        if before.status not in PERMANENT or asked_to_retry or account_changed:
            continue
        if _key(before) == _key(after):
            yield Evidence(
                (before, after), f"a {before.status} ({before.code or 'error'}) was followed by the same request"
            )


def _key(record: Record) -> tuple[str | None, ...]:
    """Return what the journal shows of the request's key: masked, but enough to tell two keys apart."""
    return tuple([record.headers.get(name) for name in ("x-api-key", "authorization")])


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    has_occasion = any(record.status in PERMANENT for record in context.records)
    return "" if has_occasion else "no request was permanently rejected"


RULE = ClientRule(
    "retried-in-vain",
    "do not resend a permanently rejected request unchanged",
    "400, 401, 402, 403, 404, 405, 413 and 422 get the same answer again; the official SDKs do not retry them",
    find,
    unchecked,
)
