"""Whose fault it is: the typed errors of the whole project.

Every error that this project raises on purpose is one of three, named after the person who must act:

- `Refusal`: the *client* of the gateway sent something that the gateway refuses. It is never shown as a
  Python error; the engine turns it into an answer in the client's dialect.
- `AuthorError`: the *author* of a scenario (or account, or contract) file made a mistake. It carries every
  `Problem` found in one pass, each with its place.
- `OperatorError`: the person who *started* the server asked for something that cannot be had: a busy port,
  a file that is not there. One line, exit code 2.

Anything else that is raised is a bug of ours.

A name that is not known is always answered with the nearest one that is (`did_you_mean`): a typo that silently
does nothing is the worst bug that a tool of this kind can have.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec


class MockserverError(Exception):
    """The common ancestor; catch it to catch every deliberate error of this package."""


class OperatorError(MockserverError):
    """The server was started with something that cannot be had. The message names the remedy."""


class Problem(msgspec.Struct, frozen=True, gc=False):
    """One mistake in a file: where it is (line and column from 1), the path inside, and what to do."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class AuthorError(MockserverError):
    """A file does not load. `problems` holds every mistake found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Failure(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An error answer before a wire gives it its shape.

    `status` is the HTTP status; `code` a stable word for programs, `message` a sentence for people; `type`
    overrides the dialect's own type for that status; `param` is the field at fault by its path (`messages.0.role`);
    `headers` are added to the answer, lower-case names.
    """

    status: int
    code: str
    message: str
    type: str | None = None
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Refusal(MockserverError):
    """The client's request is refused; `failure` says how. Caught by the engine, never by the user."""

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
    """The known name most like `name`, ignoring case, or None if none is near."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.55)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest one, or all there are if they are few."""
    candidates = sorted(known)
    found = nearest(name, candidates)
    if found is not None:
        return f"did you mean '{found}'?"
    if 0 < len(candidates) <= 24:
        return f"known: {', '.join(candidates)}"
    return "there is none of that name"
