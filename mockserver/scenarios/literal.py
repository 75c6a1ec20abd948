"""Turns that say the same each time: what they say, and the plainest of them compiled without the models of files.

A test builds most of its turns of one text or one error. `literal_turn` compiles those in some microseconds; for
anything else, mistakes included, it returns None, and `compile` decides. Both give the same turn: a test compares them.
"""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

import msgspec
import orjson

from mockserver.core.conversation import Text
from mockserver.core.errors import Failure
from mockserver.scenarios.script import (
    BlockPlan,
    CompiledTurn,
    FailurePlan,
    LiteralBlocks,
    LiteralCall,
    Plan,
    ReplyPlan,
    TextPlan,
    ToolPlan,
)
from mockserver.scenarios.templates import parse
from mockserver.wires.errors import failure

RETRY_AFTER = 1
"""Seconds in the retry-after header of a 429 without `retry_after`: the documented answer always has the header."""

LONGEST_TEXT = 10_000
"""The longest text, in characters, that needs no trial: its answer is far below what a dry run may make."""


def literal_answer(plan: Plan) -> LiteralBlocks | Failure | None:
    """Return what an answer of this plan says each time; None if that depends on the request or on the time."""
    if isinstance(plan, ReplyPlan):
        return plan.literal if plan.pace is None or plan.pace.cold_start is None else None
    if isinstance(plan, FailurePlan) and plan.message.literal is not None:
        return msgspec.structs.replace(plan.failure, message=plan.message.literal)
    return None


def literal_of(blocks: Sequence[BlockPlan]) -> LiteralBlocks | None:
    """Return the blocks of a reply that is the same each time, or None."""
    literals = [literal for block in blocks if (literal := _literal_block(block)) is not None]
    return tuple(literals) if len(literals) == len(blocks) else None


def _literal_block(block: BlockPlan) -> Text | LiteralCall | None:
    if isinstance(block, TextPlan) and block.text.literal is not None:
        return Text(block.text.literal, block.is_refusal)
    if isinstance(block, ToolPlan) and block.name and block.input is not None:
        try:
            arguments = orjson.dumps(block.input)  # fails for a template
        except TypeError:
            return None
        return LiteralCall(block.name, arguments.decode(), block.id)
    return None


def scripted_failure(
    status: int,
    retry_after: int | None = None,
    *,
    code: str | None = None,
    message: str | None = None,
    type: str | None = None,
) -> Failure:
    """Return the failure of an error in a scenario."""
    seconds = RETRY_AFTER if retry_after is None and status == 429 else retry_after
    headers = () if seconds is None else (("retry-after", str(seconds)),)
    return failure(status, code=code, message=message, type=type, headers=headers)


def literal_turn(number: int, keys: Mapping[str, object]) -> CompiledTurn | None:
    """Return the turn of these keys if it is one text, or an error by its status, played some times; else None."""
    match {"times": 1, **keys}:
        case {"reply": reply, "times": times, **rest} if not rest:
            plan: Plan | None = _text_plan(reply)
        case {"error": error, "times": times, **rest} if not rest:
            plan = _error_plan(error)
        case _:
            return None
    if plan is None or not _is_whole(times) or times < 1:
        return None
    return CompiledTurn(
        number=number,
        operations=frozenset(),
        everywhere=False,
        converses=True,
        matchers=(),
        exact={},
        part="",
        times=times,
        plan=plan,
        faults=(),
        headers=(),
        then=None,
        literal=literal_answer(plan),
    )


def _text_plan(reply: object) -> ReplyPlan | None:
    match reply:
        case str(text) | [str(text)] if len(text) <= LONGEST_TEXT and "{{" not in text and _is_unicode(text):
            blocks = (TextPlan(parse(text)),)
            return ReplyPlan(blocks=blocks, literal=literal_of(blocks))
    return None


def _error_plan(error: object) -> FailurePlan | None:
    match error:
        case {"status": status, **rest} if (
            _is_whole(status) and 400 <= status <= 599 and rest.keys() <= {"retry_after"}
        ):
            seconds = rest.get("retry_after", 0)
            if _is_whole(seconds) and seconds >= 0:
                base = scripted_failure(status, seconds if rest else None)
                return FailurePlan(base, parse(base.message))
    return None


def _is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value is a whole number; True and False are none."""
    return type(value) is int


def _is_unicode(text: str) -> bool:
    """Return whether a text can be written as UTF-8: it has no half of a surrogate pair."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
