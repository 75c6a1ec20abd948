"""A run of the gate that puts every question to two gateways.

The probes act on the answers of the first gateway. The second gets the same requests with its own key, and with its own
paths and model if both are held to the wires alone.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

from mockserver.contracts.client import Sender
from mockserver.contracts.exchange import ReceivedResponse, SentRequest
from mockserver.gate.client import HttpClient
from mockserver.gate.discovery import discover
from mockserver.gate.runner import Runner, RunSettings
from mockserver.gate.side_by_side.comparison import AnsweredTwice, SideBySide, compare


@dataclass(frozen=True)
class SecondGateway:
    """The gateway that is compared with the first: its URL, key and model (None: that of the request)."""

    url: str
    key: str
    model: str | None = None


class TwinSender:
    """A sender that asks both gateways, and returns the answer of the first."""

    def __init__(self, first: Sender, second: Sender, translate: Callable[[SentRequest], SentRequest]) -> None:
        self._first, self._second, self._translate = first, second, translate
        self._lock = Lock()
        self.pairs: list[AnsweredTwice] = []

    def __call__(self, request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        """Ask both."""
        at = time.time()
        answers = self._first(request, pieces=pieces), self._second(self._translate(request), pieces=pieces)
        with self._lock:
            self.pairs.append(AnsweredTwice(request, answers, at))
        return answers[0]


def translator(key: str, second: SecondGateway, paths: Mapping[str, str]) -> Callable[[SentRequest], SentRequest]:
    """Return what makes the second gateway's request of the first one's. `paths`: end of a path -> all of it."""

    def translate(request: SentRequest) -> SentRequest:
        headers = {name: value.replace(key, second.key) for name, value in request.headers.items()}
        path = next((other for end, other in paths.items() if request.path.endswith(end)), request.path)
        body = request.body
        if second.model is not None and isinstance(request.json, dict) and "model" in request.json:
            body = json.dumps(request.json | {"model": second.model}, ensure_ascii=False).encode(
                "utf-8", "surrogatepass"
            )
        return replace(request, headers=headers, path=path, body=body)

    return translate


def ask_both(
    settings: RunSettings, second: SecondGateway, progress: Callable[[str], None] = lambda words: None
) -> SideBySide:
    """Put the questions of a run to both gateways. Raises `OperatorError` if one of them is none."""
    clients = [HttpClient(url, settings.limits, verify=settings.verify) for url in (settings.url, second.url)]
    try:
        return _compared(settings, second, clients[0], clients[1], progress)
    finally:
        for client in clients:
            client.close()


def _compared(
    settings: RunSettings, second: SecondGateway, one: Sender, other: Sender, progress: Callable[[str], None]
) -> SideBySide:
    paths: dict[str, str] = {}
    if settings.dialect is not None:
        most = settings.profile.max_tokens
        document = discover(other, second.url, second.key, settings.dialect, second.model, most).document
        plain = (operation for operation in document.operations.values() if "{" not in operation.path)
        paths = {f"/{ENDS[operation.name]}": operation.path for operation in plain}
        models = [operation.basic["model"] for operation in document.conversations]
        second = replace(second, model=second.model or (models[0] if models else None))
    twin = TwinSender(one, other, translator(settings.key, second, paths))
    runner = Runner(settings, send=twin, progress=progress)
    done = runner.run()
    found = compare((settings.url, second.url), twin.pairs, runner.document)
    found.stopped = done.stopped
    return found


ENDS = {
    "chat": "chat/completions",
    "messages": "messages",
    "count_tokens": "messages/count_tokens",
    "models": "models",
}
"""Operation of the wires -> how its path ends, wherever a gateway serves it."""
