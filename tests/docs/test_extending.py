"""The code of docs/extending/ works as it stands. Faults, matchers and rules have this test beside their tables."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.contracts.check import ExchangeView
from mockserver.contracts.checks import conformity
from mockserver.control import application
from mockserver.core.catalogue import MODELS
from mockserver.files.bundled import OPENAPI
from mockserver.files.chaos_file import read_profile
from tests.control.support import serving
from tests.control.test_extension import gaps
from tests.gate.support import CHAT, document, exchange, reference_gateway, run

GUIDES = Path(OPENAPI).parent / "docs" / "extending"


def blocks(page: str, language: str = "python") -> list[str]:
    """Return the code blocks of a guide."""
    return re.findall(rf"```{language}\n(.*?)```", (GUIDES / f"{page}.md").read_text("utf-8"), re.DOTALL)


def module(code: str, **names: Any) -> Any:  # Any: what the guide's code defines
    """Return a module with this code; it can use the names."""
    made = ModuleType("example")
    vars(made).update(names)
    exec(code, vars(made))
    return made


def test_the_route_of_the_guide_lacks_only_its_row_and_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, test = blocks("route")
    extended = application.build([*application.ROUTERS, module(code).router])
    monkeypatch.setattr(application, "application", lambda: extended)
    operation = extended.openapi()["paths"]["/_mock/queue-size"]["get"]
    row, no_test = gaps("GET /_mock/queue-size", operation)
    assert row.startswith("it has no row in docs/control.md")
    assert f"E     {no_test}\n" in blocks("route", "console")[1]
    with serving() as served:
        module(test).test_the_queue_is_counted(served)


def test_the_check_of_the_guide_sees_a_byte_order_mark() -> None:
    made = module(blocks("promise")[0], **{**vars(conformity), "check": lambda *_: lambda function: function})
    for body, said in ((b"\xef\xbb\xbf{}", ["the body begins with a byte order mark"]), (b"{}", [])):
        view = ExchangeView(exchange(CHAT, body), document(), document().operations["chat"])
        assert list(made.json_utf8(view)) == said


def test_the_command_of_the_guide_runs() -> None:
    result = CliRunner().invoke(module(blocks("cli-command")[0]).models)
    assert (result.exit_code, len(result.output.splitlines())) == (0, len(MODELS))


def test_the_report_format_of_the_guide_renders_a_run() -> None:
    with reference_gateway() as (url, sleep):
        done = run(url, sleep=sleep, only=("auth-missing",))
    lines = module(blocks("report-format")[0]).render(done).decode().splitlines()
    assert lines[0] == "promise,state,examined,broken"
    assert len(lines) == 1 + len(done.results.entries)
    assert f"auth-missing,kept,{done.results.entries['auth-missing'].examined},0" in lines


def test_the_chaos_profile_of_the_guide_loads(tmp_path: Path) -> None:
    file = tmp_path / "line-endings.yaml"
    file.write_text(blocks("chaos-profile", "yaml")[0], encoding="utf-8")
    assert read_profile(file).name == "line-endings"
