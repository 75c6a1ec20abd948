"""A session of the journal as one scenario: each exchange becomes a turn, its faults and its pace included.

Rules:

- Conditions are those of a recording (`recording.shape`): the least that tells the requests apart.
- Answers are those of a copy (`turn_words`), without the ids that the mock makes by itself. Answers of a real gateway
  are those of a recording (`upstream_words`).
- Preflights are left out, and requests that nothing matched: the mock made up their answers. A comment says how many.
- Secrets become placeholders. A text that would still have one is refused.
"""

from collections.abc import Sequence

from mockserver.control.turn_words import answer_words, remarks
from mockserver.control.upstream_words import upstream_words
from mockserver.engine.step import PREFLIGHT
from mockserver.journal.record import Record
from mockserver.journal.verify import UNMATCHED
from mockserver.recording.document import head_text, turn_text
from mockserver.recording.redaction import Redaction
from mockserver.recording.scenario import Turn, refuse_secrets
from mockserver.recording.shape import Shapes
from mockserver.upstream import CODE


def session_scenario(records: Sequence[Record], name: str) -> str:
    """Return a scenario that gives the same answers again. Raises `SecretsLeftError` if a secret would be in it."""
    told = [record for record in records if record.exchange.note.operation != PREFLIGHT]
    kept = [record for record in told if record.code not in UNMATCHED]
    redaction, words = Redaction(), [_words(record) for record in kept]
    for record, answer in zip(kept, words, strict=True):
        redaction.learn_from(record.body.decode("utf-8", "replace"))
        redaction.learn_from(answer)
    shapes = Shapes([record.call for record in kept], redaction.redact_text)
    lines = [head_text(name)]
    if len(kept) < len(told):
        lines.append(f"  # Left out: requests that nothing matched ({len(told) - len(kept)}).\n")
    for number, (record, answer) in enumerate(zip(kept, words, strict=True)):
        lines += [f"  # {remark}\n" for remark in remarks(record)]
        turn: Turn = redaction.redact({"when": shapes.condition(number), **answer})
        lines.append(turn_text(turn))
    text = "".join(lines)
    refuse_secrets(text, name, redaction)
    return text


def _words(record: Record) -> dict[str, object]:
    """Return the answer as the keys of a turn. An answer that the journal did not keep has no words of a recording."""
    is_real = record.code == CODE and record.exchange.captured.actions
    return upstream_words(record) if is_real else answer_words(record)
