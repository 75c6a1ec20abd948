"""One request to a gateway of a test, with plain httpx: no SDK, no retries."""

from collections.abc import Mapping

import httpx
from pydantic import JsonValue

from mockserver.testing.gateway import GatewaySession
from tests.support.engine import MESSAGES

PATIENCE = 60.0
"""Seconds after which a silent gateway fails a test. httpx gives up after five; a busy machine can take longer."""


def post(
    gateway: GatewaySession,
    text: str = "Hello",
    *,
    path: str = MESSAGES,
    headers: Mapping[str, str] | None = None,
    messages: JsonValue = None,
    content: dict[str, str] | None = None,
    form: bool = False,
    **fields: JsonValue,
) -> httpx.Response:
    """POST a small conversation, or a form."""
    sent_headers = {"x-api-key": gateway.key, **(headers or {})}
    if form:
        return httpx.post(gateway.url + path, data=content, headers=sent_headers, timeout=PATIENCE)
    body = {"model": "m", "max_tokens": 100, "messages": messages or [{"role": "user", "content": text}]}
    return httpx.post(gateway.url + path, json=body | fields, headers=sent_headers, timeout=PATIENCE)
