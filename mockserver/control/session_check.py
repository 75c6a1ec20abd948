"""The check at the end of a test, for suites in other languages: what the fixture `gateway` checks in Python.

A session made over the API has a beginning: what the journal dropped since then may have been the session's, and
requests that came since then from sessions that nobody made belong to a client with another key.
"""

from mockserver.accounts.session import Session
from mockserver.control.context import ControlContext, JournalPart
from mockserver.control.responses import Shape
from mockserver.engine.step import PREFLIGHT
from mockserver.journal.format import timeline
from mockserver.journal.record import Record
from mockserver.journal.verdict import judge
from mockserver.journal.verify import unmatched_requests, unplayed_turns


class CheckShape(Shape):
    """What a test suite checks at the end of a test.

    `unmatched` has lines about requests that matched nothing; `problems` about turns that had to be played and about
    internal errors. Both fail a test that passed, unless it allows the former. `findings` are the client's proven
    mistakes, one text each; `timeline` has its requests and answers. `hint` counts requests with an unexpected key.
    """

    unmatched: list[str]
    problems: list[str]
    findings: list[str]
    timeline: str
    hint: str
    seed: str


async def check_session(context: ControlContext, session: Session, *, strict: bool) -> CheckShape:
    """Return what fails a test of this session at its end, and what explains it; `strict` demands every turn."""
    first = context.made.get(session.id, 0)
    expected = {*context.made, session.id, context.default_session}
    problems = _unplayed(context, session, strict=strict)
    problems += [f"Internal error of the mock (a bug of the mock): {text}" for text in _failures(context, session)]

    def check(part: JournalPart) -> CheckShape:
        own = [record for record in part.records if record.session == session.id]
        strays = [
            one for one in part.records if one.session not in expected and one.exchange.note.operation != PREFLIGHT
        ]
        dropped = part.forgotten - first
        lost = [f"Cannot check all requests: the journal was full and dropped {dropped:,}."] if dropped > 0 else []
        return CheckShape(
            unmatched=[*unmatched_requests(own), *lost],
            problems=problems,
            findings=[str(finding) for finding in judge(own)],
            timeline=timeline(own),
            hint=_stray_hint(strays),
            seed=session.seed,
        )

    return await context.read_all(check, first)


def _unplayed(context: ControlContext, session: Session, *, strict: bool) -> list[str]:
    """Return a line for each turn of the session's own scenario that had to be played and was not."""
    script = context.config.engine.scripts.get(session.overrides.scenario or "")
    if script is None:
        return []
    return unplayed_turns(script, session.progress_of(script.name, script.edition).hits, strict=strict)


def _failures(context: ControlContext, session: Session) -> list[str]:
    return [message for id, message in context.app.failures if id == session.id]


def _stray_hint(strays: list[Record]) -> str:
    """Return a hint at requests of sessions that nobody made, or ""."""
    if not strays:
        return ""
    count = f"{len(strays)} request{'' if len(strays) == 1 else 's'}"
    client = strays[-1].exchange.client or "an unnamed client"
    return f"{count} used another key than this session's, the last from {client}: give the client the session's key."
