"""The options of a run: the same on the command line and in the environment."""

import click
import pytest

from mockserver.cli.contract_check import check
from mockserver.core.errors import OperatorError
from mockserver.gate.complete_run import run_gate
from mockserver.gate.options import PARAMETERS, GateOptions, read_options
from mockserver.gate.reports import FORMATS
from mockserver.gate.runner import GateRun, RunSettings
from tests.gate.support import command

FLAGS = [parameter for parameter in PARAMETERS if isinstance(parameter, click.Option) and parameter.is_flag]
VALUES = {"profile": "soak", "dialect": "both", "seed": "7", "latency": "3s", "time": "2m", "contract": __file__}
OWN_VARIABLE = {"url": "GATEWAY_URL", "key": "GATEWAY_KEY", "github": "GITHUB_ACTIONS"}


def variable(parameter: click.Parameter) -> str:
    """Return the environment variable of an option."""
    name = str(parameter.name)
    return OWN_VARIABLE.get(name, f"GATE_{name.upper()}")


def value(parameter: click.Parameter) -> str:
    """Return a value that an option can have."""
    return "1" if parameter in FLAGS else VALUES.get(str(parameter.name), f"some-{parameter.name}")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Remove every variable of the gate from the environment."""
    for parameter in PARAMETERS:
        monkeypatch.delenv(variable(parameter), raising=False)
    return monkeypatch


@pytest.mark.parametrize("parameter", PARAMETERS[1:], ids=lambda parameter: str(parameter.name))
def test_every_option_can_come_from_the_environment(parameter: click.Option, bare: pytest.MonkeyPatch) -> None:
    arguments = [parameter.opts[0]] if parameter in FLAGS else [parameter.opts[0], value(parameter)]
    given = read_options(["http://localhost", *arguments])
    bare.setenv(variable(parameter), value(parameter))
    assert read_options(["http://localhost"]) == given
    bare.delenv(variable(parameter))
    assert read_options(["http://localhost"]) != given


def test_the_url_can_come_from_the_environment(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("GATEWAY_URL", "http://localhost:1")
    assert read_options([]).url == "http://localhost:1"


def test_the_command_has_the_same_options() -> None:
    assert check.params == list(PARAMETERS)
    values = check.make_context("check", ["http://localhost"]).params
    assert GateOptions.of(values) == read_options(["http://localhost"])


def test_a_mistake_in_an_option_is_found_before_the_first_request(bare: pytest.MonkeyPatch) -> None:
    def never(_: RunSettings) -> GateRun:
        raise AssertionError("the run began")

    for mistake in (["--require", "lots"], ["--write-baseline"], ["--baseline", "/nowhere"], ["--login", "ada"]):
        with pytest.raises(OperatorError, match=r"--require|--write-baseline|/nowhere|--login"):
            run_gate(read_options(["http://localhost", *mistake]), never)


def test_every_report_format_has_an_option_and_says_what_it_is_for() -> None:
    shown = command("check", "--help").output
    for report in FORMATS:
        assert f"--{report.name} FILE" in shown
