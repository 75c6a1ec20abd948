"""The errors of the whole project, each named after the person who must act.

Every error that this project raises on purpose is one of three:

- `Refusal`: the *client* of the gateway sent a request that the gateway refuses. It never surfaces as a Python error;
  the engine turns it into an answer in the client's dialect.
- `AuthorError`: the *author* of a scenario, accounts or contract file made mistakes. It carries every `Problem` found,
  each with its place.
- `OperatorError`: the person who *started* the server asked for something impossible: a busy port, a missing file. The
  CLI prints one line and exits with code 2.

Any other exception is a bug of ours.

A message about an unknown name suggests the nearest known one (`did_you_mean`): a typo that silently does nothing is
the worst bug that a tool of this kind can have.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec


class MockserverError(Exception):
    """The base class of every deliberate error of this package."""


class OperatorError(MockserverError):
    """The operator asked for something impossible. The message names the remedy."""


class Problem(msgspec.Struct, frozen=True, gc=False):
    """One mistake in a file: its place (line and column from 1), the path inside the document, and what to do."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class AuthorError(MockserverError):
    """A file does not load. `problems` lists every mistake, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Failure(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An error answer before a wire gives it its shape.

    `status` is the HTTP status, `code` a stable word for programs, `message` a sentence for people. `type` overrides
    the dialect's own type for that status. `param` is the path of the invalid field (`messages.0.role`). `headers` are
    added to the answer; their names are in lower case.
    """

    status: int
    code: str
    message: str
    type: str | None = None
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Refusal(MockserverError):
    """The client's request is refused; `failure` is the answer. The engine catches it; users never see it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.failure = Failure(status=status, code=code, message=message, param=param, headers=headers)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, ignoring case, or None if none is near."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.55)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the nearest known one, or all of them if they are few."""
    candidates = sorted(known)
    candidate = nearest(name, candidates)
    if candidate is not None:
        return f"did you mean '{candidate}'?"
    if 0 < len(candidates) <= 24:
        return f"known: {', '.join(candidates)}"
    return "none is similar"
