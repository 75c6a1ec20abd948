"""The control API by its own document: schemathesis makes requests, and no answer is a failure of ours."""

import asyncio
import logging
import time
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

from tools.attack.act import Act, Notes
from tools.attack.http import ask, message, request
from tools.attack.mock import TOKEN, mock

EXAMPLES = 12
"""Requests for each operation."""
SECONDS = 35.0
"""Seconds after which the remaining operations are left out."""
STREAM = "/_mock/traffic"
SURROGATES: tuple[tuple[str, bytes], ...] = (
    ("/next", b'{"faults": ["\\ud800"]}'),
    ("/next", b'{"faults": [{"\\ud800": 1}]}'),
    ("/next", b'{"turn": {"reply": "\\ud800"}}'),
    ("/next", b'{"turn": {"reply": "a"}, "session": "\\ud800"}'),
    ("/next", b'{"turn": {"\\ud800": "a"}}'),
    ("/next", b'{"faults": ["reset"], "when": {"text": "\\ud800"}}'),
    ("/verify", b'{"when": {"text": "\\ud800"}}'),
    ("/exchanges/find", b'{"when": {"body": {"/\\ud800": 1}}}'),
    ("/sessions", b'{"seed": "\\ud800"}'),
    ("/sessions", b'{"scenario": "\\ud800"}'),
    ("/sessions", b'{"name": "\\ud800"}'),
    ("/explain", b'{"request": "\\ud800", "scenario": "attack"}'),
    ("/explain", b'{"request": "{}", "scenario": "\\ud800"}'),
    ("/lint", b'{"yaml": "\\ud800"}'),
)
"""Texts that are no Unicode, which JSON can say all the same."""


def run(notes: Notes) -> None:
    """Send what the document describes, and texts that are no Unicode, to every operation."""
    logging.disable(logging.WARNING)
    sent, failed, deadline = 0, list[str](), time.monotonic() + SECONDS
    with mock() as attacked, attacked.control() as control:  # no bystander: what it would get is steered here
        asyncio.run(ask(attacked.port, request("/v1/messages", message("hello"), x_api_key="sk_control")))
        for path, said in SURROGATES:
            answer = control.post(path, content=said, headers={"content-type": "application/json"})
            if answer.status_code >= 500:
                failed.append(f"POST {path} {said!r}")
        schema = schemathesis.openapi.from_dict(control.get("/openapi.json").json())
        operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]  # all are valid

        def examine(operation: Any) -> None:  # Any: schemathesis has no public name for it
            @seed(notes.seed)
            @settings(
                max_examples=EXAMPLES,
                phases=[Phase.generate],
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def one(case: Any) -> None:
                nonlocal sent
                if time.monotonic() > deadline:
                    return
                sent += 1
                if isinstance(case.body, dict):
                    case.body.pop("within", None)  # would wait for as long as it says
                headers = {"authorization": f"Bearer {TOKEN}"}
                answer = case.call(base_url=attacked.url, headers=headers, timeout=20)
                if answer.status_code >= 500:
                    failed.append(case.as_curl_command())

            one()

        for operation in operations:
            if operation.path != STREAM:
                examine(operation)
        left = [path for path in ("/exchanges", "/sessions", "/verdict") if control.get(path).status_code >= 500]
    notes.figure(f"{sent} requests to {len(operations) - 1} operations, {len(failed)} answered 500")
    notes.check(not failed, f"answered 500: {failed[:4]}")
    notes.check(not left, f"afterwards 500: {left}")


ACT = Act("control", "the control API, by schemathesis on its own document", run)
