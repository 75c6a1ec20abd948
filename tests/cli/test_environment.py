"""Options from the environment."""

import click
import pytest
from click.testing import CliRunner

from mockserver.cli.environment import PortOption, variable_of, with_environment
from mockserver.cli.main import main
from mockserver.cli.serve import serve
from mockserver.server import uvicorn


@click.command()
@click.option("--port", cls=PortOption, default=8000)
@click.option("--log-format", "chosen", default="text")
@click.option("--allow-host", "hosts", multiple=True)
@click.option("--watch", is_flag=True)
def command(port: int, chosen: str, hosts: tuple[str, ...], watch: bool) -> None:
    """Print the options."""
    click.echo(f"{port} {chosen} {' '.join(hosts)} {watch}")


with_environment(command)


@pytest.mark.parametrize(
    ("environment", "arguments", "printed"),
    [
        ({}, [], "8000 text  False"),
        ({"MOCKSERVER_PORT": "9000", "MOCKSERVER_LOG_FORMAT": "json"}, [], "9000 json  False"),
        ({"MOCKSERVER_PORT": "9000"}, ["--port", "1"], "1 text  False"),
        ({"MOCKSERVER_ALLOW_HOST": "a b", "MOCKSERVER_WATCH": "1"}, [], "8000 text a b True"),
        ({"MOCKSERVER_PORT": "tcp://10.0.0.1:8000"}, [], "8000 text  False"),
    ],
)
def test_an_option_comes_from_its_variable_unless_it_is_given(
    environment: dict[str, str], arguments: list[str], printed: str
) -> None:
    result = CliRunner(env=environment).invoke(command, arguments)
    assert result.output.rstrip("\n") == printed


def test_a_port_that_is_no_number_is_a_mistake() -> None:
    result = CliRunner(env={"MOCKSERVER_PORT": "http"}).invoke(command, [])
    assert result.exit_code == 2


def test_the_help_of_serve_names_a_variable_for_every_option() -> None:
    text = " ".join(CliRunner().invoke(main, ["serve", "--help"], terminal_width=200).output.split())
    options = [option for option in serve.params if isinstance(option, click.Option)]
    assert len(options) > 20
    for option in options:
        assert f"env var: {variable_of(option)}" in text, option.name


def test_serve_takes_its_options_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def bind(host: str, port: int) -> object:
        asked.append((host, port))
        raise SystemExit(0)

    monkeypatch.setattr(uvicorn, "bind", bind)
    environment = {"MOCKSERVER_HOST": "127.0.0.2", "MOCKSERVER_PORT": "1234", "MOCKSERVER_SCENARIO": "greeting"}
    assert CliRunner(env=environment).invoke(main, ["serve"]).exit_code == 0
    assert asked == [("127.0.0.2", 1234)]
