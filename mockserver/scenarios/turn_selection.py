"""Casting: which turn of a script a call gets, and, when it gets none, why.

The first turn that answers this kind of operation, has plays left, and whose `when` has no difference. When every turn
is used up the script's `after` decides; when turns are left but none matches, the call is refused and told how near
each turn was, the nearest first.
"""

from collections.abc import Mapping

import msgspec

from mockserver.accounts.session import Progress, Session
from mockserver.core.errors import Refusal
from mockserver.scenarios.compile import Play, ReplyPlan, Script
from mockserver.scenarios.matchers import Call, differences, matches

NEAR_MISSES = 3
"""How many turns a refused call is told about."""


class NoTurnMatched(Refusal):
    """No turn matches. `misses` says why, one line a turn, the nearest first."""

    def __init__(self, script: Script, session: Session, misses: tuple[str, ...]) -> None:
        self.seed = script.seed if script.seed is not None else session.seed
        told = "; ".join(misses[:NEAR_MISSES])
        more = f"; and {len(misses) - NEAR_MISSES} more turns" if len(misses) > NEAR_MISSES else ""
        super().__init__(
            404,
            "no_turn_matched",
            f"No turn of the scenario '{script.name}' matches this request. {told}{more}. "
            f"(session {session.id}, seed {self.seed})",
        )
        self.misses = misses


def select_turn(script: Script, progress: Progress, call: Call, session: Session) -> tuple[Play, Session] | None:
    """The turn, and the session that remembers it; None where the call is to be answered by default.

    Raises `NoTurnMatched` for a conversation that no turn takes. Other operations are answered by default then.
    """
    play = choose(script, progress, call)
    if play is None and call.operation.is_conversation and is_used_up(script, progress):
        if script.after == "default":
            return None
        if script.after == "restart":
            progress = Progress(edition=script.edition)
            call = msgspec.structs.replace(call, state=progress.state)
            play = choose(script, progress, call)
        elif script.after == "repeat":
            play = next((play for play in reversed(script.plays) if _takes(play, call)), None)
    if play is None:
        if call.operation.is_conversation:
            raise NoTurnMatched(script, session, explain(script, progress, call))
        return None
    return play, session.with_progress(script.name, _after(script, progress, play))


def choose(script: Script, progress: Progress, call: Call) -> Play | None:
    """The first turn with plays left that takes the call."""
    hits = progress.hits
    for play in script.index.candidates(call, progress.used_up):
        if not _is_spent(play, hits) and _takes(play, call):
            return play
    return None


def _takes(play: Play, call: Call) -> bool:
    return answers_kind(play, call) and matches(play.matchers, call)


def answers_kind(play: Play, call: Call) -> bool:
    """Whether a turn is for this kind of operation: a reply is for conversations, and so is what names no other."""
    return call.operation.is_conversation or (play.everywhere and not isinstance(play.plan, ReplyPlan))


def _is_spent(play: Play, hits: Mapping[int, int]) -> bool:
    return play.times is not None and hits.get(play.number, 0) >= play.times


def is_used_up(script: Script, progress: Progress) -> bool:
    """Whether no turn that can answer a conversation has plays left."""
    return all(_is_spent(play, progress.hits) for play in script.plays[progress.used_up :] if play.converses)


def _after(script: Script, progress: Progress, play: Play) -> Progress:
    """The progress after one more play."""
    hits = {**progress.hits, play.number: progress.hits.get(play.number, 0) + 1}
    state = play.then if play.then is not None else progress.state
    used_up = progress.used_up
    while used_up < len(script.plays) and _is_spent(script.plays[used_up], hits):
        used_up += 1
    return Progress(hits, state, used_up, script.edition)


def explain(script: Script, progress: Progress, call: Call) -> tuple[str, ...]:
    """Why no turn was chosen: one line a turn, those with the fewest differences first."""
    found: list[tuple[int, int, str]] = []
    for play in script.plays:
        reasons = [str(difference) for difference in differences(play.matchers, call)]
        if _is_spent(play, progress.hits):
            reasons.insert(0, f"already played {play.times} of {play.times} times")
        if not answers_kind(play, call):
            reasons.insert(0, f"it answers messages and chat, not {call.operation.name}")
        found.append((len(reasons), play.number, f"Turn {play.number}: {', and '.join(reasons)}"))
    return tuple([line for _, _, line in sorted(found)])
