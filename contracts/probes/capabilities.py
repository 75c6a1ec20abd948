"""Probes of what not every gateway offers: several choices, logprobs, pictures."""

from collections.abc import Iterator

from mockserver.contracts.capabilities import chunks, picture
from mockserver.contracts.client import Client
from mockserver.contracts.exchange import CheckedExchange, Json, dig, items
from mockserver.contracts.probe import probe


def _whole_and_streamed(client: Client, capability: str, **fields: Json) -> Iterator[CheckedExchange]:
    """Yield the answers of the OpenAI wire to a request for a capability."""
    for operation in client.main("chat", needs=capability):
        for stream in operation.ways:
            yield client.post(operation, client.body(operation, "Say hello.", stream=stream, **fields))


def _choices(exchange: CheckedExchange) -> list[Json]:
    """Return every choice of an answer, or of all chunks of a stream."""
    bodies = chunks(exchange.response) if exchange.response.is_stream else [exchange.response.json]
    return [choice for body in bodies for choice in items(dig(body, "choices"))]


@probe("choices-as-asked")
def several_choices(client: Client) -> None:
    """Ask for two choices, and look at how they are numbered."""
    for exchange in _whole_and_streamed(client, "n", n=2):
        if client.expect("choices-as-asked", exchange, 200):
            numbers = sorted({str(dig(choice, "index")) for choice in _choices(exchange)})
            client.check("choices-as-asked", numbers == ["0", "1"], f"n is 2, choices {', '.join(numbers)}", exchange)


@probe("logprobs-as-asked")
def logprobs(client: Client) -> None:
    """Ask for the logprobs of every token."""
    for exchange in _whole_and_streamed(client, "logprobs", logprobs=True, top_logprobs=2):
        if not client.expect("logprobs-as-asked", exchange, 200):
            continue
        tokens = [token for choice in _choices(exchange) for token in items(dig(choice, "logprobs", "content"))]
        numbered = all(isinstance(dig(token, "logprob"), int | float) for token in tokens)
        client.check("logprobs-as-asked", bool(tokens) and numbered, f"{len(tokens)} tokens with logprobs", exchange)
        joined, text = "".join(str(dig(token, "token")) for token in tokens), client.reply(exchange).text
        got = f"the tokens join to {joined[:60]!r}, the text is {text[:60]!r}"
        client.check("logprobs-as-asked", joined.startswith(text) or "\\x" in joined, got, exchange)


@probe("vision-accepted")
def pictures(client: Client) -> None:
    """Show a picture, whole and streamed."""
    for operation in client.main(needs="vision"):
        for stream in operation.ways:
            body = client.body(operation, stream=stream, **picture(operation.wire))
            client.expect("vision-accepted", client.post(operation, body), 200)


PROBES = (
    several_choices,
    logprobs,
    pictures,
)
