"""docs/recording.md is true: its figures, its first line, its options."""

import re
from pathlib import Path

import pytest

from mockserver.cli.compare import compare
from mockserver.cli.import_ import import_
from mockserver.cli.record import record
from mockserver.cli.serve import serve
from mockserver.engine.request import MAX_BODY
from mockserver.upstream.connections import SILENT_SECONDS
from mockserver.upstream.passthrough import LARGEST
from mockserver.upstream.recorder import MARK, MOST_BYTES
from mockserver.wires.errors import kind_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recording.md").read_text(encoding="utf-8")
MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    "words",
    [
        f"no answer within {SILENT_SECONDS:g} seconds",
        f"longer than {MAX_BODY // MEGABYTE} MB",
        f"than {LARGEST // MEGABYTE} MB (it passes",
        f"after {MOST_BYTES // MEGABYTE} MB in all",
        f"```text\n{MARK}\n```",
        f"| 413 | `{kind_of(413).code}` |",
    ],
)
def test_its_figures_are_those_of_the_code(words: str) -> None:
    assert words in PAGE


def test_its_options_exist() -> None:
    parameters = [parameter for command in (record, serve, compare, import_) for parameter in command.params]
    options = {option for parameter in parameters for option in parameter.opts}
    assert set(re.findall(r"(--[a-z][a-z-]*)", PAGE)) <= options
