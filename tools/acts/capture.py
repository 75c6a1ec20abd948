"""Writes a client's requests as its profile: client-profiles/NAME.yaml (see `mockserver/files/client_profiles.py`).

The journal has masked the key already. What differs from run to run, or belongs to the connection, is not kept: the
same packages give the same file on every machine of the same kind.
"""

import re
from collections.abc import Mapping

import yaml

from mockserver.core.conversation import JsonObject
from mockserver.files import bundled
from mockserver.files.client_profiles import KEY
from mockserver.journal.record import Record
from tools.acts.clients import ClientUnderTest
from tools.acts.run import ActResult

CAPTURED: Mapping[str, tuple[str, int]] = {
    "text": ("text", 0),
    "stream": ("stream", 0),
    "tools": ("tools", 0),
    "tool-results": ("tools", -1),
    "tools-stream": ("parallel", 0),
    "tool-results-stream": ("parallel", -1),
    "structured": ("structured", 0),
    "thinking": ("thinking", 0),
    "vision": ("vision", 0),
    "threads": ("threads", 0),
}
"""Request of a profile -> the act that has it, and which of the act's requests it is."""

CREDENTIALS: Mapping[str, str] = {"authorization": f"Bearer {KEY}", "x-api-key": KEY}

LEFT_OUT = re.compile(
    "host|connection|content-length|accept-encoding|transfer-encoding|sec-fetch-.*"  # of the connection
    "|x-client-request-id|idempotency-key|x-stainless-idempotency.*|traceparent"  # new for every request
)
"""Headers that are not kept."""


def write_profile(client: ClientUnderTest, outcomes: Mapping[str, ActResult]) -> None:
    """Write the profile of a client."""
    records = {name: outcomes[act].requests[index] for name, (act, index) in CAPTURED.items() if outcomes[act].requests}
    shared = dict(set.intersection(*[set(_headers(record).items()) for record in records.values()]))
    document = {
        "profile": client.name,
        "client": f"{client.package} {client.version()}",
        "source": "captured from the package by `make acts`",
        "wire": next(iter(records.values())).operation.wire,
        "headers": dict(sorted(shared.items())),
        "requests": {name: _request(record, shared) for name, record in records.items()},
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    bundled.CLIENT_PROFILES.mkdir(exist_ok=True)
    (bundled.CLIENT_PROFILES / f"{client.name}.yaml").write_text(text, encoding="utf-8")


def _headers(record: Record) -> dict[str, str]:
    kept = {name: value for name, value in record.headers.items() if not LEFT_OUT.fullmatch(name)}
    return {name: CREDENTIALS.get(name, value) for name, value in sorted(kept.items())}


def _request(record: Record, shared: Mapping[str, str]) -> JsonObject:
    own = {name: value for name, value in _headers(record).items() if shared.get(name) != value}
    return {"path": record.path, **({"headers": own} if own else {}), "body": record.json}
