"""The prompts: what a person can ask an agent for by name."""

from collections.abc import Callable, Sequence


def write_scenario(behaviour: str) -> str:
    """Write a scenario in which the model behaves as you describe."""
    return (
        f"Write a scenario of the mock in which this happens: {behaviour}\n"
        "Read mockserver://docs/scenarios first. Check the text with lint_scenario until it has no mistakes, then "
        "play it with play_scenario."
    )


def debug_client(problem: str = "it fails") -> str:
    """Find out why a program does not get along with the gateway."""
    return (
        f"The program under test has a problem: {problem}\n"
        "Look at list_requests and read_request; for a request that matched no turn, explain_request says why. "
        "judge_client lists proven mistakes with evidence. Then fix the program, not the scenario."
    )


PROMPTS: Sequence[Callable[..., str]] = (write_scenario, debug_client)
