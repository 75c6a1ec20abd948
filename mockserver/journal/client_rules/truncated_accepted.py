"""The client put a stream that broke off into its history, as if the answer were complete.

Wrong:

    gateway.reply("one two three four").fault("close", at=5).reply("ok")
    ask(stream=True)
    partial = gateway.journal.last.answer.text
    ask(messages=[HELLO, {"role": "assistant", "content": partial}, HELLO])

Right:

    gateway.reply("one two three four").fault("close", at=5).reply("ok")
    ask(stream=True)
    gateway.clock.advance(1)
    ask(stream=True)
"""

from collections.abc import Iterator

from mockserver.journal.client_rules.history import broken_answer
from mockserver.journal.client_rules.rule import ClientRule, Evidence, RuleContext
from mockserver.journal.record import Record


def find(context: RuleContext) -> Iterator[Evidence]:
    """Yield each broken stream with the request that sent its text or tool call back."""
    for record in context.records:
        broken = broken_answer(record)
        if broken is not None and not broken.error:
            later = context.history.first_with_answer(record, broken)
            if later is not None:
                text = f"the stream broke off after {broken.end!r}, and the history has that as the answer"
                yield Evidence((record, later), text)


def _is_truncated(record: Record) -> bool:
    broken = broken_answer(record)
    return broken is not None and not broken.error


def unchecked(context: RuleContext) -> str:
    """Return why there was nothing to check, or ""."""
    return "" if any(map(_is_truncated, context.records)) else "no stream broke off"


RULE = ClientRule(
    "truncated-accepted",
    "treat a stream as complete only after message_stop or [DONE]",
    "what is missing can change the meaning, and the history is wrong from here on",
    find,
    unchecked,
)
