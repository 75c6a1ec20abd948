"""docs/cli.md: it is what the commands say of themselves."""

from tools.cli_reference import PAGE, markdown


def test_the_reference_of_the_command_line_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), "docs/cli.md is stale; run: python -m tools.cli_reference"
