"""docs/control.md: its example runs against a real server. tests/control/test_extension.py checks its table."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mockserver.accounts.identify import Accounts
from mockserver.control.wiring import with_control
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.chaos_file import load_profiles
from mockserver.files.library import load_library
from mockserver.server import uvicorn
from mockserver.server.asgi import Gateway
from tests.support.engine import contract

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "control.md").read_text(encoding="utf-8")
TOKEN = "a-token-for-the-docs"


@pytest.fixture
def url() -> Iterator[str]:
    library = load_library(contract())
    chaos = ChaosSettings(load_profiles()[0])
    engine = Engine(contract(), library.scripts, EngineSettings(), Accounts(), chaos)
    with uvicorn.bind("127.0.0.1", 0) as sock:
        url = uvicorn.url_of(sock)
        with uvicorn.threaded(with_control(Gateway(engine), library.files, url, token=TOKEN).app, sock):
            yield url


def test_the_example_runs(url: str) -> None:
    [example] = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, object] = {"url": url, "token": TOKEN}
    exec(compile(example, "control.md", "exec"), names)
    assert isinstance(names["mock"], httpx.Client)
    names["mock"].close()
