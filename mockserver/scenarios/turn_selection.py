"""Turn selection: which turn of a script answers a call, and why none does.

The first turn answers that handles the call's kind of operation, has plays left, and whose conditions all match. When
every turn is used up, the script's `after` decides. When turns are left but none matches, the call gets a 404 that
lists the differences of each turn, the nearest turns first.
"""

from collections.abc import Mapping

import msgspec

from mockserver.accounts.session import Progress, Session
from mockserver.core.errors import Refusal
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference, join_differences
from mockserver.scenarios.matcher import differences, matches
from mockserver.scenarios.script import CompiledTurn, ReplyPlan, Script

NO_TURN = "no_turn_matched"
"""The code of a conversation that no turn matches."""

NEAR_MISSES = 3
"""The most turns that the message of a 404 describes."""


class NoTurnMatched(Refusal):
    """No turn matches the call. `misses` has one line for each turn, the nearest first."""

    def __init__(self, script: Script, session: Session, misses: tuple[str, ...]) -> None:
        self.seed = script.seed if script.seed is not None else session.seed
        self.misses = misses
        sentences = [f"No matching turn in scenario '{script.name}'", *misses[:NEAR_MISSES]]
        more = len(misses) - NEAR_MISSES
        if more > 0:
            sentences.append(f"{more} more {'turn does' if more == 1 else 'turns do'} not match")
        message = f"{'. '.join(sentences)}. (session {session.id}, seed {self.seed})"
        super().__init__(404, NO_TURN, message)


def select_turn(
    script: Script, progress: Progress, call: Call, session: Session
) -> tuple[CompiledTurn, Session] | None:
    """Return the turn that answers and the session after it, or None for the default answer.

    Raises `NoTurnMatched` for a conversation that no turn matches. Other operations get the default answer then.
    """
    turn = choose(script, progress, call)
    if turn is None and call.operation.is_conversation and is_used_up(script, progress):
        if script.after == "default":
            return None
        if script.after == "restart":
            progress = Progress(edition=script.edition)
            call = msgspec.structs.replace(call, state=progress.state)
            turn = choose(script, progress, call)
        elif script.after == "repeat":
            turn = next((turn for turn in reversed(script.turns) if _answers(turn, call)), None)
    if turn is None:
        if call.operation.is_conversation:
            raise NoTurnMatched(script, session, near_misses(script, progress, call))
        return None
    return turn, session.with_progress(script.name, after_play(script, progress, turn))


def choose(script: Script, progress: Progress, call: Call) -> CompiledTurn | None:
    """Return the first turn with plays left that matches the call, or None."""
    plays = progress.hits
    for turn in script.index.candidates(call, progress.used_up):
        if not _is_used_up(turn, plays) and _answers(turn, call):
            return turn
    return None


def _answers(turn: CompiledTurn, call: Call) -> bool:
    return handles_operation(turn, call) and matches(turn.matchers, call)


def handles_operation(turn: CompiledTurn, call: Call) -> bool:
    """Return whether a turn can answer the call's kind of operation.

    Every turn handles conversations. Other operations need a turn that names an operation or path, and no reply.
    """
    return call.operation.is_conversation or (turn.everywhere and not isinstance(turn.plan, ReplyPlan))


def reasons_against(turn: CompiledTurn, call: Call) -> list[Difference]:
    """Return why a turn does not answer a call, whatever was played before; an empty list if it does."""
    if not handles_operation(turn, call):
        return [Difference("operation", call.operation.name, "one that takes messages")]
    return differences(turn.matchers, call)


def _is_used_up(turn: CompiledTurn, plays: Mapping[int, int]) -> bool:
    return turn.times is not None and plays.get(turn.number, 0) >= turn.times


def is_used_up(script: Script, progress: Progress) -> bool:
    """Return whether no turn that can answer a conversation has plays left."""
    return all(_is_used_up(turn, progress.hits) for turn in script.turns[progress.used_up :] if turn.converses)


def after_play(script: Script, progress: Progress, turn: CompiledTurn) -> Progress:
    """Return the progress after one more play of a turn."""
    plays = {**progress.hits, turn.number: progress.hits.get(turn.number, 0) + 1}
    state = turn.then if turn.then is not None else progress.state
    used_up = progress.used_up
    if turn.times is None:
        return Progress(plays, state, used_up, script.edition)
    while used_up < len(script.turns) and _is_used_up(script.turns[used_up], plays):
        used_up += 1
    return Progress(plays, state, used_up, script.edition)


def near_misses(script: Script, progress: Progress, call: Call) -> tuple[str, ...]:
    """Return why no turn was chosen: one line for each turn, those with the fewest reasons first."""
    misses: list[tuple[int, int, str]] = []
    for turn in script.turns:
        reasons = [str(reason) for reason in reasons_against(turn, call)]
        if _is_used_up(turn, progress.hits):
            reasons.insert(0, f"already played {turn.times} of {turn.times} times")
        misses.append((len(reasons), turn.number, f"Turn {turn.number}: {join_differences(reasons)}"))
    return tuple([line for _, _, line in sorted(misses)])
