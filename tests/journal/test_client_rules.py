"""Every rule of the verdict is complete: in the table and the docs, with an example that it finds and one it allows.

The examples stand in the rules' own docstrings, as code under `Wrong:` and `Right:`. Each is run against a gateway.
"""

import re
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import httpx
import msgspec
import pytest
from pydantic import JsonValue

from mockserver.core.clock import FixedClock
from mockserver.journal import client_rules, verdict
from mockserver.journal.client_rules import RULES, TABLE, ClientLimits, ClientRule
from mockserver.journal.record import Record
from mockserver.journal.verdict import Verdict, judge
from mockserver.testing.gateway import GatewaySession
from tests.support.posting import post
from tools.verdict_table import PAGE, with_table

FOLDER = Path(client_rules.__file__).parent
SHARED = {"__init__", "rule", "history"}
"""Modules of the folder that are no rules."""

FILES = sorted({file.stem for file in FOLDER.glob("*.py")} - SHARED)
HELLO: JsonValue = {"role": "user", "content": "Hello"}
TOOLS: JsonValue = [
    {
        "name": "search",
        "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
    }
]


def examples(module: str) -> dict[str, str]:
    """Return the code under `Wrong:` and `Right:` in a rule's docstring, by these words."""
    text = import_module(f"{client_rules.__name__}.{module}").__doc__ or ""
    found = re.findall(r"^(Wrong|Right):\n\n((?:(?: {4}.*)?\n)+)", text + "\n", re.MULTILINE)
    return {word: textwrap.dedent(code) for word, code in found}


class Example:
    """A client that an example plays: the names that its code can use."""

    def __init__(self, gateway: GatewaySession) -> None:
        self.gateway = gateway
        self._limits = ClientLimits()
        self._times: dict[int, tuple[float, float]] = {}

    def names(self) -> Mapping[str, object]:
        """Return the names of this class that an example can use."""
        helpers = (self.ask, self.limit, self.tool_call, self.tool_result)
        known: dict[str, object] = {helper.__name__: helper for helper in helpers}
        return known | {"gateway": self.gateway, "HELLO": HELLO, "TOOLS": TOOLS}

    def ask(
        self, text: str = "Hello", *, at: float | None = None, until: float | None = None, **fields: JsonValue
    ) -> None:
        """Send one request; `at` and `until` say when it came and when its answer had ended, in seconds."""
        with suppress(httpx.HTTPError):  # an answer may break off
            post(self.gateway, text, **fields)  # type: ignore[arg-type]  # the fields of a body, by their names
        if at is not None and until is not None:
            self._times[len(self.gateway.journal)] = (at, until)

    def limit(self, concurrency: int | None = None, read_timeout: float | None = None) -> None:
        """Set the limits that the verdict is asked for."""
        self._limits = ClientLimits(concurrency, read_timeout)

    def tool_call(self) -> JsonValue:
        """Return the assistant's message with the tool call of the last answer."""
        [call] = self.gateway.journal.last.answer.calls
        block: JsonValue = {"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}
        return {"role": "assistant", "content": [block]}

    def tool_result(self, *, is_error: bool = False) -> JsonValue:
        """Return the user's message with a result of the last answer's tool call."""
        [call] = self.gateway.journal.last.answer.calls
        block: JsonValue = {"type": "tool_result", "tool_use_id": call.id, "content": "42", "is_error": is_error}
        return {"role": "user", "content": [block]}

    def verdict(self) -> Verdict:
        """Return the verdict on what the example did."""
        return judge([self._timed(record) for record in self.gateway.journal], self._limits)

    def _timed(self, record: Record) -> Record:
        """Return a record as if it had happened at the times that the example says."""
        if record.number not in self._times:
            return record
        at, until = self._times[record.number]
        exchange, replace = record.exchange, msgspec.structs.replace
        outcome = exchange.outcome
        last_write = (outcome.frames, outcome.bytes, until - at)
        exchange = replace(
            exchange,
            at=at,
            outcome=replace(outcome, seconds=until - at, writes=(*outcome.writes[:-1], last_write)),
            captured=replace(exchange.captured, received_at=at, ended_at=until, virtual=False),
        )
        return Record(exchange, self.gateway._server.contract, record.number)


@pytest.mark.parametrize("file", FILES)
def test_a_rule_is_in_the_table(file: str) -> None:
    assert file in TABLE, f'client_rules/{file}.py is in no table: add "{file}", to TABLE in client_rules/__init__.py'


def test_no_rule_is_in_the_table_twice() -> None:
    assert len(set(TABLE)) == len(TABLE)


@pytest.mark.parametrize("module", TABLE)
def test_a_row_of_the_table_has_its_file(module: str) -> None:
    assert module in FILES, f"TABLE names {module!r}: write client_rules/{module}.py, or take the line out"


@pytest.mark.parametrize("file", FILES)
def test_a_rule_has_what_its_file_promises(file: str) -> None:
    rule = getattr(import_module(f"{client_rules.__name__}.{file}"), "RULE", None)
    assert isinstance(rule, ClientRule), f"client_rules/{file}.py has no RULE = ClientRule(…)"
    assert rule.name == file.replace("_", "-"), f"the rule in {file}.py is named {rule.name!r}, not as its file"
    assert rule.right, f"{rule.name} does not say what is right"
    assert rule.reason, f"{rule.name} does not say why"
    missing = [word for word in ("Wrong", "Right") if word not in examples(file)]
    assert not missing, f"the docstring of {file}.py has no example under {' and '.join([f'{w}:' for w in missing])}"


def test_the_docs_have_a_row_for_every_rule() -> None:
    page = PAGE.read_text(encoding="utf-8")
    missing = [rule.name for rule in RULES if f"| `{rule.name}` |" not in page]
    assert not missing, f"docs/testing.md has no row for {', '.join(missing)}: run python -m tools.verdict_table"
    assert page == with_table(page), "the rules in docs/testing.md are out of date: run python -m tools.verdict_table"


@pytest.fixture
def example(gateway: GatewaySession, monkeypatch: pytest.MonkeyPatch) -> Example:
    """Return a client whose gateway has a fixed host clock, so that an immediate retry takes no time."""
    monkeypatch.setattr(gateway._server.app, "_clock", FixedClock())
    gateway.allow_unmatched()
    return Example(gateway)


@pytest.mark.parametrize("file", FILES)
def test_a_rule_finds_its_wrong_example_and_no_other_rule_does(example: Example, file: str) -> None:
    exec(examples(file).get("Wrong", ""), dict(example.names()))
    rules = example.verdict().rules
    assert rules == {file.replace("_", "-")}, f"Wrong: in {file}.py is found by {', '.join(rules) or 'no rule'}"


@pytest.mark.parametrize("file", FILES)
def test_no_rule_finds_anything_in_a_right_example(example: Example, file: str) -> None:
    exec(examples(file).get("Right", ""), dict(example.names()))
    assert not example.verdict(), f"Right: in {file}.py is found: {example.verdict()}"


def test_the_rule_of_the_guide_works(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (PAGE.parent / "extending" / "verdict-rule.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)[0]
    module: dict[str, object] = {}
    exec(code, module)
    monkeypatch.setattr(verdict, "RULES", (module["RULE"],))
    example.ask(max_tokens=500)
    assert not example.verdict()
    example.ask(max_tokens=5)
    assert example.verdict().rules == {"tiny-max-tokens"}
