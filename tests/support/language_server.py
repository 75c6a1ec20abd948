"""yaml-language-server in a process, spoken to as editors do: the Language Server Protocol."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

PROGRAM = Path(__file__).parents[2] / ".clients" / "editor" / "node_modules" / ".bin" / "yaml-language-server"
"""Installed by tests/clients/install.sh."""

Message: TypeAlias = Mapping[str, Any]  # Any: JSON


class LanguageServer:
    """An editor's side of the conversation. `folder` is the workspace."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._numbers = count(1)
        completion = {"completionItem": {"snippetSupport": True}}
        capabilities = {"textDocument": {"completion": completion}}
        self._ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})

    def mistakes(self, name: str, text: str) -> list[tuple[int, str]]:
        """Return what the editor marks in a new file: the line, from 1, and the message."""
        uri = self._open(name, text)
        told = self._until(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri
            )
        )
        return [(each["range"]["start"]["line"] + 1, each["message"]) for each in told["params"]["diagnostics"]]

    def completions(self, name: str, text: str) -> dict[str, str]:
        """Return what the editor offers at the end of a new file: each label with what it would write."""
        uri = self._open(name, text)
        lines = text.split("\n")
        place = {"line": len(lines) - 1, "character": len(lines[-1])}
        offered = self._ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": place})
        return {item["label"]: item["insertText"] for item in reversed(offered["items"])}  # the first of a label counts

    def _open(self, name: str, text: str) -> str:
        uri = (self._folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def _ask(self, method: str, params: Message) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        return self._until(lambda message: message.get("id") == number)["result"]

    def _until(self, is_wanted: Callable[[Message], bool]) -> Message:
        """Return the first message that is wanted. The server's own questions get no settings."""
        while True:
            message = self._receive()
            if "method" in message and "id" in message:
                items = message["params"].get("items")
                self._send({"id": message["id"], "result": None if items is None else [None for _ in items]})
            elif is_wanted(message):
                return message

    def _send(self, message: Message) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> Message:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        message: Message = json.loads(self._process.stdout.read(length))
        return message


@contextmanager
def language_server(folder: Path) -> Iterator[LanguageServer]:
    """Run the server with a folder as its workspace."""
    pipe = subprocess.PIPE
    with subprocess.Popen([str(PROGRAM), "--stdio"], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        try:
            yield LanguageServer(process, folder)
        finally:
            process.kill()
