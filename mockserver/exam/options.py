"""What the operator chose, made into a client, its cases and settings. Mistakes are found before anything runs."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mockserver.core.errors import OperatorError
from mockserver.exam.cases import GOOD_DAY, ExamCase, choose_cases, read_cases
from mockserver.exam.clients import CommandClient, ExamClient, ServiceClient
from mockserver.exam.runner import ExamSettings
from mockserver.files.contract import split_names


@dataclass(frozen=True)
class ExamOptions:
    """The options of one exam, as the operator wrote them. `reports` maps the name of a format to its file."""

    command: tuple[str, ...]
    http: str | None
    body: Path | None
    url_file: Path | None
    failure: str | None
    folders: tuple[Path, ...]
    only: tuple[str, ...]
    exclude: tuple[str, ...]
    seed: str
    jobs: int | None
    time_limit: float | None
    faketime: int | None
    extensions: tuple[str, ...]
    baseline: Path | None
    write_baseline: bool
    reports: Mapping[str, str]

    def client(self) -> ExamClient:
        """Return the client under examination. Raises `OperatorError` for options that contradict each other."""
        if self.http is None:
            if not self.command:
                raise OperatorError("what is examined? Give the client's command: mockserver exam -- python agent.py")
            if self.body is not None:
                raise OperatorError("--body is the request to a service; add --http URL")
            return CommandClient(self._faster(self.command), self.failure)
        if not self.command and self.url_file is None:
            raise OperatorError(
                "how does the service learn of each case? Give the command that starts it (-- COMMAND), or --url-file "
                "FILE if it runs already and reads base URL and key from there with each request"
            )
        command = self._faster(self.command) if self.command else ()
        return ServiceClient(self.http, command, self._body(), self.failure)

    def _faster(self, command: Sequence[str]) -> Sequence[str]:
        """Return the command on a clock that runs faster, if the operator asks for one."""
        if self.faketime is None:
            return command
        if shutil.which("faketime") is None:
            raise OperatorError("--faketime needs the program faketime (Debian: apt install faketime)")
        return ["faketime", "-f", f"+0 x{self.faketime}", *command]

    def _body(self) -> bytes | None:
        try:
            return None if self.body is None else self.body.read_bytes()
        except OSError as error:
            raise OperatorError(f"{self.body}: cannot be read: {error.strerror}") from None

    def cases(self) -> list[ExamCase]:
        """Return the cases to hold, the good day first, whatever was chosen."""
        every = read_cases(self.folders)
        chosen = choose_cases(every, self.only, self.exclude)
        return [case for case in every if case.name == GOOD_DAY or case in chosen]

    def settings(self) -> ExamSettings:
        """Return how the exam is held: as many cases at a time as a machine with idle clients bears."""
        return ExamSettings(
            seed=self.seed,
            jobs=self.jobs or 2 * (os.cpu_count() or 2),
            time_limit=self.time_limit,
            url_file=self.url_file,
            speed=float(self.faketime or 1),
            extensions=split_names(self.extensions),
        )
