"""The scenario that a session of a test plays, built in Python with the keys of a scenario file.

A `SessionScript` holds one scenario. `play` replaces it and starts from its beginning; `add` appends a turn and keeps
what was played so far. Both check their arguments as `mockserver lint` does, replies and faults against the contract
too, and report a mistake at the line of the test that made it.

Most tests build a few turns of one text or one error. Those need neither the models of files nor a trial (see
`scenarios.literal`); the models of such turns are made when another kind of turn follows.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import orjson

from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.engine.chaos_profile import ChaosProfile
from mockserver.files import loader
from mockserver.files.chaos_file import profile_of, read_profile
from mockserver.files.library import compile_file
from mockserver.files.sidecar import recorded_answers
from mockserver.openapi.contract import Contract
from mockserver.scenarios.literal import literal_turn
from mockserver.scenarios.recorded import RecordedAnswer
from mockserver.scenarios.script import Script, make_script
from mockserver.testing.registry import DEFAULT_SCRIPT, ProfileRegistry, ScriptRegistry

if TYPE_CHECKING:
    from mockserver.accounts.schema import Account
    from mockserver.scenarios.schema import Scenario, Turn

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""

BUILT_NAME = "test"
"""The name of a scenario that is built turn by turn."""

OUR_FOLDER = str(Path(__file__).parent)


class SessionScript:
    """The scenario of a session; `script` is its compiled form."""

    def __init__(
        self, scripts: ScriptRegistry, contract: Contract, account: "Account | None" = None, *, lenient: bool = False
    ) -> None:
        self._scripts = scripts
        self._contract = contract
        self._account = account
        self._lenient = lenient
        self._scenario: Scenario | None = None
        self._literal: list[Mapping[str, object]] = []
        """The keys of the turns that only `script` has: all turns so far, or none."""
        self._answers: Sequence[RecordedAnswer] | None = None
        self._edition = 0
        self.script: Script = self._with_settings(DEFAULT_SCRIPT)

    def play(self, source: "str | Path | Scenario | Mapping[str, object]") -> None:
        """Play a shipped scenario, a file, YAML text, a mapping or a `Scenario`. Raises `AuthorError` for mistakes."""
        from mockserver.files.dry_run import dry_run

        scenario, file = self._read(source)
        script, complaints = compile_file(scenario, file, self._contract)
        if not complaints and file:
            complaints = dry_run(script, self._contract)
        if complaints:
            raise AuthorError([_problem(file, ".".join(map(str, path)), message) for path, message in complaints])
        self._scenario, self._answers, self._literal = scenario, recorded_answers(scenario, file), []
        self._edition += 1
        self._set(script)

    def add(self, keys: Mapping[str, object]) -> None:
        """Append a turn with the keys of a scenario file. Raises `AuthorError` for mistakes."""
        if self._scenario is None and self._add_literal(keys):
            return
        from mockserver.scenarios.schema import Scenario

        turn, before = _turn(keys), self._model
        if before is None:
            scenario = Scenario(scenario=BUILT_NAME, turns=[turn])
        else:
            scenario = before.model_copy(update={"turns": [*before.turns, turn]})
        self._set_scenario(scenario)

    def _add_literal(self, keys: Mapping[str, object]) -> bool:
        """Append a turn of one text or one error. Return whether it is one."""
        turn = literal_turn(len(self._literal) + 1, keys)
        if turn is None:
            return False
        before = self.script.turns if self._literal else ()
        self._literal.append(orjson.loads(orjson.dumps(keys)))  # a copy: the test may change what it passed
        self._set(make_script(BUILT_NAME, [*before, turn]))
        return True

    def change_last(self, keys: Mapping[str, object]) -> None:
        """Replace the last turn. Raises `AuthorError` for mistakes."""
        before = self._model
        assert before is not None, "last_turn raises before"
        self._set_scenario(before.model_copy(update={"turns": [*before.turns[:-1], _turn(keys)]}))

    @property
    def last_turn(self) -> dict[str, object]:
        """The keys of the last turn. Raises `OperatorError` if there is no scenario yet."""
        scenario = self._model
        if scenario is None:
            raise OperatorError("there is no turn to add a fault to; call gateway.reply(…) first")
        last = scenario.turns[-1]
        keys: dict[str, object] = last.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if last.times is None:
            keys["times"] = "always"
        return keys

    @property
    def _model(self) -> "Scenario | None":
        """The scenario as a model; None if there is no turn yet."""
        if not self._literal:
            return self._scenario
        from mockserver.scenarios.schema import Scenario

        return Scenario(scenario=BUILT_NAME, turns=[_turn(keys) for keys in self._literal])

    def _set_scenario(self, scenario: "Scenario") -> None:
        """Compile and play a scenario whose last turn is new; the others were checked before."""
        from mockserver.files.dry_run import dry_run
        from mockserver.scenarios.compile import compile_scenario

        script, complaints = compile_scenario(scenario, self._contract, self._answers)
        number = len(script.turns) - 1
        own = [complaint for complaint in complaints if complaint.path[:2] in (("turns", number), ())]
        own = own or complaints or dry_run(make_script(BUILT_NAME, script.turns[-1:]), self._contract)
        if own:
            raise AuthorError([_problem("", ".".join(map(str, path[2:])), message) for path, message in own])
        self._scenario, self._literal = scenario, []
        self._set(script)

    def _set(self, script: Script) -> None:
        """Play a script from now on. Only `play` changes the edition, so that added turns keep what was played."""
        self.script = self._with_settings(msgspec.structs.replace(script, edition=f"test-{self._edition}"))

    def _with_settings(self, script: Script) -> Script:
        """Return the script with the account and the lenience of the session, where it has them."""
        account, lenient = self._account or script.account, self._lenient or script.lenient
        return msgspec.structs.replace(script, account=account, lenient=lenient)

    def _read(self, source: "str | Path | Scenario | Mapping[str, object]") -> "tuple[Scenario, str]":
        """Return the scenario and the file name for messages: "" for a shipped one, which needs no check."""
        if isinstance(source, Mapping):
            return loader.parse(_json(source, "scenario"), "play({…})").scenario, "play({…})"
        if not isinstance(source, str | Path):
            return source, "Scenario(…)"
        file = scenario_file(source)
        if file is not None:
            return loader.load(file).scenario, str(source)
        assert isinstance(source, str), "scenario_file takes every path"
        if ":" in source or "\n" in source:
            return loader.parse(source.encode(), "play('''…''')").scenario, "play('''…''')"
        return self._scripts.scenario(source), ""


def scenario_file(source: object) -> Path | None:
    """Return the file that a test plays, or None for a name, a text or a value."""
    if isinstance(source, str) and source.endswith((".yaml", ".yml")) and "\n" not in source:
        return Path(source)
    return source if isinstance(source, Path) else None


def _turn(keys: Mapping[str, object]) -> "Turn":
    """Return a turn, checked like one of a file. Raises `AuthorError` for mistakes."""
    from pydantic import ValidationError

    from mockserver.scenarios.schema import Turn

    try:
        source = orjson.dumps(keys)
    except TypeError as error:
        raise AuthorError(
            [_problem("", "", f"a turn consists of texts, numbers, lists and mappings: {error}")]
        ) from None
    with suppress(ValidationError):
        return Turn.model_validate(orjson.loads(source))
    try:
        return loader.check(Turn, loader.document_of(source, ""))  # slower, but its messages explain the mistake
    except AuthorError as error:
        raise AuthorError([_problem("", problem.path, problem.message) for problem in error.problems]) from None


def written_fault(fault: str | Mapping[str, object], value: object, parameters: Mapping[str, object]) -> object:
    """Return a fault as a scenario file writes it."""
    if isinstance(fault, Mapping):
        return {**fault}
    if value is not None and not parameters:
        return {fault: value}
    if isinstance(value, Mapping):
        return {fault: {**value, **parameters}}
    if value is not None:
        names = ", ".join(parameters)
        raise OperatorError(f"gateway.fault: give every parameter of {fault} by name, beside {names}")
    return {fault: {**parameters}} if parameters else fault


def read_account(source: "Mapping[str, object] | Account | None") -> "Account | None":
    """Return an account from the keys of an accounts file. Raises `OperatorError` if it names API keys."""
    if source is None:
        return None
    from mockserver.accounts.schema import Account

    account = (
        source
        if isinstance(source, Account)
        else loader.check(Account, loader.document_of(_json(source, "account"), "account"))
    )
    if account.all_keys:
        raise OperatorError("account: each test gets its own key; remove key and keys")
    return account


def read_chaos(source: str | Path | Mapping[str, object], known: ProfileRegistry, contract: Contract) -> ChaosProfile:
    """Return a chaos profile by its name, from a file, or from the keys of one. Raises for mistakes."""
    if isinstance(source, str) and source in known:
        return known[source]
    if isinstance(source, Mapping):
        document = loader.document_of(_json({"chaos": "test", **source}, "chaos"), "chaos({…})")
    elif isinstance(source, str) and "\n" in source:
        document = loader.document_of(source.encode(), "chaos('''…''')")
    elif isinstance(source, Path) or source.endswith((".yaml", ".yml")):
        return read_profile(Path(source), contract)
    else:
        raise OperatorError(f"no chaos profile is called '{source}'; {did_you_mean(source, known)}")
    return profile_of(document, contract)


def _json(source: Mapping[str, object], what: str) -> bytes:
    """Return a mapping as JSON. Raises `OperatorError` for values that a file cannot have."""
    try:
        return orjson.dumps(source)
    except TypeError as error:
        raise OperatorError(f"{what}: expected texts, numbers, lists and mappings only: {error}") from None


def _problem(file: str, path: str, message: str) -> Problem:
    """Return a problem at the line of the test that made the mistake."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(OUR_FOLDER):
        frame = frame.f_back
    where = frame.f_code.co_filename
    return Problem(where, frame.f_lineno, 1, path, f"{file}: {message}" if file else message)
