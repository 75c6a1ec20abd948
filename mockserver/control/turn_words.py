"""An answer as the keys of a turn: played again, they give the same bytes to the same request.

The keys come from the answer's recipe, so they have what a fault removed from the wire, and the fault. Ids, generated
inputs and filled templates become literal values. Two things are left to the gateway that plays the turn: request ids
and the OpenAI field `created`, which come from its session and clock, and waits that a distribution or jitter draws.
Secrets are left out: the client's own key is masked, and headers with the name of a secret are not copied.
"""

from mockserver.core.actions import Actions, Data, Head
from mockserver.core.conversation import Usage
from mockserver.engine.recipe import Recipe, ReplyRecipe
from mockserver.engine.responses import JSON, TURN_HEADER
from mockserver.journal.record import Record
from mockserver.journal.redact import is_secret
from mockserver.recording.words import block_words, body_words, error_words
from mockserver.scenarios.schema import Pace, UsageOverride
from mockserver.scenarios.templates import as_literal
from mockserver.wires import WIRES

PLAIN = "text/plain; charset=utf-8"
"""The media type of a raw response whose body is text."""

TRACE = frozenset({"x-mock-session", TURN_HEADER, *[wire.request_id_header for wire in WIRES.values()]})
"""Headers that the gateway adds to every answer."""


def answer_words(record: Record) -> dict[str, object]:
    """Return the keys of a turn that gives this answer; `{{` in its texts is written as a template writes it."""
    recipe = record.exchange.captured.recipe or Recipe(actions=record.exchange.captured.actions)
    if recipe.reply is not None:
        conversation = record.conversation
        words = _reply(recipe.reply, conversation is not None and conversation.response_format is not None)
        usage = _usage(recipe.reply.usage, record.usage)
        words |= {"usage": usage} if usage else {}
    elif recipe.failure is not None:
        words = error_words(recipe.failure)
    else:
        words = {"response": _response(recipe.actions)}
    added = {name: value for name, value in recipe.headers if not is_secret(name)}
    if added:
        headers = words.get("headers")
        words["headers"] = {**(headers if isinstance(headers, dict) else {}), **added}
    literal = {name: value if name == "headers" else as_literal(value) for name, value in words.items()}
    faults = [*recipe.faults, *_stop(record)]
    return {**literal, **({"faults": faults} if faults else {})}


def remarks(record: Record) -> list[str]:
    """Return what a reader should know about the copy, one line each."""
    outcome, lines = record.exchange.outcome, []
    if outcome.ended == "client_left" and outcome.frames < outcome.of:
        lines.append(f"The client left after {outcome.frames} of {outcome.of} events; this turn sends all of them.")
    if outcome.ended == "server_stopped":
        lines.append(f"The server was stopped after {outcome.bytes} bytes of the body; this turn closes there.")
    if not record.exchange.captured.actions:
        lines.append("The journal did not keep this answer: it was larger than the journal.")
    if any(_is_binary(action) for action in _base(record)):
        lines.append("The body is not UTF-8, so a scenario cannot hold it: U+FFFD replaces its other bytes.")
    return lines


def _reply(recipe: ReplyRecipe, asks_for_json: bool) -> dict[str, object]:
    blocks = [block_words(block, asks_for_json) for block in recipe.blocks]
    words: dict[str, object] = {"reply": blocks[0] if len(blocks) == 1 else blocks, "id": recipe.id}
    if recipe.stop is not None:
        words["stop"] = recipe.stop
    if recipe.pace is not None:
        words["pace"] = _pace(recipe.pace)
    return words


def _usage(said: UsageOverride | None, reported: Usage | None) -> dict[str, int]:
    """Return what the turn said of its usage, and what the prompt cache did: another session has another cache."""
    words = {} if said is None else said.model_dump(exclude_none=True)
    if reported is None or not reported.caches:
        return words
    cached = {"cache_read": reported.cache_read, "cache_write": reported.cache_write}
    hour = {"cache_write_1h": reported.cache_write_1h} if reported.cache_write_1h else {}
    return {**words, **cached, **hour}


def _pace(pace: Pace) -> dict[str, object]:
    """Return a pace in seconds. A cold start is over once an answer came."""
    words = pace.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True, exclude={"cold_start"})
    return {name: value["value"] if _is_fixed(value) else value for name, value in words.items()}


def _is_fixed(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"value"}


def _response(actions: Actions) -> dict[str, object]:
    """Return a raw response: what the gateway does not add by itself."""
    head = next((action for action in actions if isinstance(action, Head)), Head(200))
    payload = b"".join([action.payload for action in actions if isinstance(action, Data)])
    body = body_words(payload)
    usual = {"content-type": PLAIN if isinstance(body, str) else JSON, "content-length": str(len(payload))}
    headers = {
        name: value
        for name, value in head.headers
        if name not in TRACE and not name.startswith("x-mock-") and usual.get(name) != value and not is_secret(name)
    }
    words: dict[str, object] = {"status": head.status}
    words |= {"headers": headers} if headers else {}
    return {**words, "body": body} if payload else words


def _base(record: Record) -> Actions:
    recipe = record.exchange.captured.recipe
    return record.exchange.captured.actions if recipe is None else recipe.actions


def _is_binary(action: object) -> bool:
    if not isinstance(action, Data):
        return False
    try:
        action.payload.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _stop(record: Record) -> list[object]:
    """Return the fault that breaks the answer where the server was stopped."""
    outcome = record.exchange.outcome
    if outcome.ended != "server_stopped":
        return []
    return [{"close": {"after": outcome.bytes}} if outcome.status else {"close": {"at": "headers"}}]
