"""The client put an answer that ended in an error event into its history.

Wrong:

    gateway.reply("one two three four").fault("error_event", at=5).reply("ok")
    ask(stream=True)
    partial = gateway.journal.last.answer.text
    ask(messages=[HELLO, {"role": "assistant", "content": partial}, HELLO])

Right:

    gateway.reply("one two three four").fault("error_event", at=5).reply("ok")
    ask(stream=True)
    ask(stream=True)
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.history import broken_answer
from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.record import Record


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each failed stream with the request that sent its text or tool call back."""
    for record in context.records:
        broken = broken_answer(record)
        if broken is not None and broken.error:
            later = context.history.first_with_answer(record, broken)
            if later is not None:
                error = broken.error
                text = f"the stream ended in the error {error!r}; the history has what came before it as the answer"
                yield Evidence((record, later), text)


def _has_error(record: Record) -> bool:
    broken = broken_answer(record)
    return broken is not None and bool(broken.error)


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if any(map(_has_error, context.records)) else "no stream ended in an error event"


RULE = ClientRule(
    "error-event-ignored",
    "treat an error event as the end of a failed answer",
    "a stream that has begun has status 200 already, so an event is the only way to report a failure",
    find,
    unchecked,
)
