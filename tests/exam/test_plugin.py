"""The exam in pytest: a test once per case, reported by the name of the case."""

import pytest

from tests.support.inner_pytest import OURS, run_alone

pytest_plugins = ["pytester"]

PLUGINS = (OURS, "mockserver.exam.plugin")

CLIENT = """
import httpx, pytest

def ask(gateway, tries=3):
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    for _ in range(tries):
        answer = httpx.post(gateway.url + "/v1/messages", json=body, headers={"x-api-key": gateway.key})
        if answer.status_code == 200:
            return answer.json()
    answer.raise_for_status()
"""


@pytest.mark.process
def test_a_marked_test_runs_once_per_case(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CLIENT
        + """
@pytest.mark.gateway_exam(only=["no-credits", "good-day", "credits-gone-later", "server-error-once"])
def test_agent(gateway):
    ask(gateway)

@pytest.mark.gateway_exam(only="no-credits")
def test_careful_agent(gateway):
    ask(gateway, tries=1)
"""
    )
    result = run_alone(pytester, "-rA", plugins=PLUGINS)
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "exam case no-credits",
            "*found     retried-in-vain: a 402 (insufficient_credits) was followed by the same request",
            "*remedy    do not resend a permanently rejected request unchanged",
            "*PASSED*test_agent?good-day?",
            "*PASSED*test_careful_agent?no-credits?",
        ]
    )


WRONG = {
    "@pytest.mark.gateway_exam(only='credit')\ndef test_it(gateway): ...": "did you mean 'credits'?",
    "@pytest.mark.gateway_exam(olny='credits')\ndef test_it(gateway): ...": "did you mean 'only'?",
    "@pytest.mark.gateway_exam\ndef test_it(): ...": "needs the fixture gateway",
}
"""Test -> the message about its marker."""


@pytest.mark.process
def test_a_wrong_marker_is_one_message(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{f"test_{number}": f"import pytest\n{test}" for number, test in enumerate(WRONG)})
    result = run_alone(pytester, "--continue-on-collection-errors", plugins=PLUGINS)
    for message in WRONG.values():
        assert message in result.stdout.str()
