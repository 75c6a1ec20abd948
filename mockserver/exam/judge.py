"""What a client did wrong in a case, from what the journal recorded and how the client ended. Pure: it runs nothing.

A case is judged only if it came about: the client must speak its dialect and have met its situations. Otherwise the
case is not applicable, whatever the client did.
"""

from collections.abc import Iterator, Sequence

from mockserver.exam.cases import ExamCase
from mockserver.exam.habits import conversations, habits_of, lacking
from mockserver.exam.results import Bar, CaseFinding, CaseResult, ClientEnd
from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.format import describe_answer, timeline
from mockserver.journal.record import Record
from mockserver.journal.retries import arrival
from mockserver.journal.situations import SITUATIONS, situations_met
from mockserver.journal.trouble import describe_trouble
from mockserver.journal.verdict import judge
from mockserver.scenarios.text_test import compile_text_test

REPORTING = "A failure is reported by an exit code other than 0, or by output that --failure names."
"""What a client must know that hides its failures."""

MASK = "<the key>"
"""What stands for the key in reports."""


def judge_case(
    case: ExamCase,
    records: Sequence[Record],
    end: ClientEnd,
    key: str,
    limits: ClientLimits = ClientLimits(),  # noqa: B008 - immutable
) -> CaseResult:
    """Return what became of a case: the findings on the client, or why the case does not concern it."""
    in_order = sorted(records, key=arrival)
    result = CaseResult(case, "pass", timeline=timeline(in_order), bars=bars_of(in_order), seconds=end.seconds)
    result.output = end.output.replace(key, MASK)
    result.reason = _not_met(case, in_order)
    if result.reason:
        result.state = "not applicable"
        return result
    result.findings = tuple(_findings(case, in_order, end, key, limits))
    result.state = "fail" if result.findings else "pass"
    return result


def _not_met(case: ExamCase, records: Sequence[Record]) -> str:
    """Return why the case did not come about, or ""."""
    if records and case.header.wire is not None:
        reason = lacking(case.header.model_copy(update={"needs": []}), habits_of(records))
        if reason:
            return reason
    met = frozenset[str]().union(*[situations_met(record) for record in records])
    missing = [name for name in case.header.meets if name not in met]
    return f"the client did not meet it: {SITUATIONS[missing[0]].about}" if missing else ""


def _findings(
    case: ExamCase, records: Sequence[Record], end: ClientEnd, key: str, limits: ClientLimits
) -> Iterator[CaseFinding]:
    """Yield what the client did wrong: on the wire, then in its end, its count of requests, and its output."""
    judging, remedy = case.header.judge, case.header.remedy
    for finding in judge(records, limits):
        if finding.rule in judging.rules:
            yield CaseFinding(finding.rule, finding.evidence, finding.right)
    if end.stopped:
        yield CaseFinding("did-not-end", end.stopped, remedy)
    elif judging.end != "any":
        yield from _dishonest(conversations(records), end, remedy)
        if judging.end == "success" and end.said:
            yield CaseFinding("did-not-recover", f"the client ended with {end.said}", remedy)
    count = len(conversations(records))
    if judging.requests is not None and count > judging.requests:
        text = f"the client sent {count} requests; at most {judging.requests} make sense here"
        yield CaseFinding("too-many-requests", text, remedy)
    if judging.keeps_key and key in end.output:
        yield CaseFinding("key-printed", "the client's output has its key", remedy)
    if judging.output is not None:
        expected = compile_text_test(judging.output)(end.output)
        if expected is not None:
            yield CaseFinding("wrong-output", f"expected {expected} in what the client prints", remedy)


def _dishonest(asked: Sequence[Record], end: ClientEnd, remedy: str) -> Iterator[CaseFinding]:
    """Yield a finding if the client reports success although its last request to a model failed."""
    if end.said or not asked:
        return
    last = asked[-1]
    trouble = describe_trouble(last)
    wrong = f"was {last.status}" if last.status >= 300 else f"had a flaw ({trouble})" if trouble else ""
    if wrong:
        text = f"the client reports success, but the answer to its last request {wrong}"
        yield CaseFinding("failure-hidden", text, f"{remedy} {REPORTING}")


def bars_of(records: Sequence[Record]) -> tuple[Bar, ...]:
    """Return the exchanges as bars of a drawn timeline, in seconds from the first request."""
    if not records:
        return ()
    start = records[0].received_at
    return tuple([_bar(record, start) for record in records])


def _bar(record: Record, start: float) -> Bar:
    trouble = describe_trouble(record)
    words = ", ".join([part for part in (describe_answer(record), trouble) if part])
    return Bar(
        record.received_at - start,
        max(0.0, record.ended_at - record.received_at),
        record.status,
        200 <= record.status < 300 and not trouble,
        f"{record.number}. {record.method} {record.path}: {record.status} {words}",
    )


def overtime(seconds: float) -> str:
    """Return why a client was stopped that ran for longer than its case allows."""
    return f"the client was still running {seconds:g} s after its first request"
