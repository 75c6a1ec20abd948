"""The judge: what a client did wrong in a case, by the verdict, by its end, its requests and its output."""

from pathlib import Path

import pytest

from mockserver.exam.cases import ExamCase
from mockserver.exam.judge import MASK, judge_case
from mockserver.exam.results import CaseResult, ClientEnd
from mockserver.scenarios.exam_header import ExamHeader, Judging
from mockserver.scenarios.schema import Scenario
from mockserver.testing.gateway import GatewaySession
from tests.support.posting import post

WORDS = {"theme": "t", "gateway": "Fails.", "right": "Wait.", "why": "It helps.", "source": "D1", "remedy": "Retry."}
WELL = ClientEnd(0, "done", 0.1)
FAILED = ClientEnd(1, "sorry", 0.1, "exit code 1")
HUNG = ClientEnd(None, "", 9.0, "", "the client was still running 5 s after its first request")


def case_of(meets: tuple[str, ...] = (), wire: str | None = None, **judging: object) -> ExamCase:
    header = ExamHeader.model_validate(WORDS | {"judge": judging, "meets": list(meets), "wire": wire})
    scenario = Scenario.model_validate({"scenario": "a-case", "turns": [{"reply": "Hi"}]})
    return ExamCase("a-case", header, scenario, Path("a-case.yaml"))


def judged(gateway: GatewaySession, case: ExamCase, end: ClientEnd = WELL) -> CaseResult:
    return judge_case(case, list(gateway.journal), end, gateway.key)


def found(result: CaseResult) -> list[str]:
    assert (result.state == "fail") == bool(result.findings)
    return [finding.name for finding in result.findings]


ENDS: list[tuple[int, str, ClientEnd, list[str]]] = [
    (200, "success", WELL, []),
    (200, "success", FAILED, ["did-not-recover"]),
    (500, "success", WELL, ["failure-hidden"]),
    (500, "success", FAILED, ["did-not-recover"]),
    (200, "honest", FAILED, []),
    (500, "honest", FAILED, []),
    (500, "honest", WELL, ["failure-hidden"]),
    (500, "any", WELL, []),
    (500, "any", HUNG, ["did-not-end"]),
    (200, "success", HUNG, ["did-not-end"]),
]
"""Status of the last answer, `end`, how the client ended -> findings."""


@pytest.mark.parametrize(("status", "end", "ended", "names"), ENDS)
def test_the_end_of_a_client_is_judged(
    gateway: GatewaySession, status: int, end: str, ended: ClientEnd, names: list[str]
) -> None:
    _ = gateway.reply("Hi") if status == 200 else gateway.error(status)
    post(gateway)
    assert found(judged(gateway, case_of(end=end), ended)) == names


def test_a_stream_that_ends_early_is_no_success(gateway: GatewaySession) -> None:
    gateway.reply("one two three").fault("cut", at="delta 2")
    post(gateway, stream=True)
    result = judged(gateway, case_of(end="honest"))
    assert found(result) == ["failure-hidden"]
    assert "had a flaw (ends early)" in result.findings[0].evidence


def test_only_the_rules_of_the_case_are_judged(gateway: GatewaySession) -> None:
    gateway.error(402, times="always")
    for _ in range(2):
        post(gateway)
    assert found(judged(gateway, case_of(end="any"))) == []
    result = judged(gateway, case_of(end="any", rules=["retried-in-vain"]))
    assert found(result) == ["retried-in-vain"]
    assert result.findings[0].remedy == "do not resend a permanently rejected request unchanged"


def test_requests_beyond_the_limit_are_counted(gateway: GatewaySession) -> None:
    gateway.reply("Hi", times="always")
    for text in "abc":
        post(gateway, text)
    assert found(judged(gateway, case_of(requests=3))) == []
    assert found(judged(gateway, case_of(requests=2))) == ["too-many-requests"]


def test_the_output_is_tested_and_its_key_masked(gateway: GatewaySession) -> None:
    post(gateway.reply("Hi"))
    leaking = ClientEnd(0, f"error with {gateway.key}", 0.1)
    case = case_of(keeps_key=True, output={"contains": "done"})
    result = judged(gateway, case, leaking)
    assert found(result) == ["key-printed", "wrong-output"]
    assert result.output == f"error with {MASK}"
    assert found(judged(gateway, case)) == []


def test_a_case_that_did_not_come_about_blames_nobody(gateway: GatewaySession) -> None:
    post(gateway.reply("Hi"))
    result = judged(gateway, case_of(meets=("no-credits",)), HUNG)
    assert (result.state, result.reason) == ("not applicable", "the client did not meet it: 402: no credits")
    result = judged(gateway, case_of(wire="openai"))
    assert (result.state, result.reason) == ("not applicable", "the client does not speak OpenAI")


def test_a_client_without_requests_is_judged_by_its_end(gateway: GatewaySession) -> None:
    result = judged(gateway, case_of(end="success"), FAILED)
    assert (found(result), result.bars) == (["did-not-recover"], ())


def test_every_exchange_is_a_bar_of_the_timeline(gateway: GatewaySession) -> None:
    gateway.error(500).reply("Hi")
    post(gateway)
    post(gateway)
    bad, good = judged(gateway, case_of()).bars
    assert (bad.status, bad.is_good, good.status, good.is_good) == (500, False, 200, True)
    assert bad.start == 0.0 <= good.start
    assert good.words == "2. POST /v1/messages: 200 'Hi'"


def test_a_header_is_honest_unless_it_says_otherwise() -> None:
    assert (Judging().end, Judging().within) == ("honest", 20.0)
