"""The client sent its API key in the body of a request.

Wrong:

    ask(text=f"my key is {gateway.key}")

Right:

    ask(text="Hello")
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield the requests whose body had the caller's own key."""
    leaked = [record for record in context.records if record.exchange.captured.leaked]
    if leaked:
        yield Evidence(tuple(leaked), "the body of the request contains the API key")


RULE = ClientRule(
    "key-leaked",
    "send the key only in its header",
    "bodies are logged, stored and shown to models",
    find,
)
