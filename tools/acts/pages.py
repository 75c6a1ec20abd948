"""The page docs/client-acts.md, made from docs/client-acts.json."""

from collections.abc import Iterator, Mapping
from typing import Any

CAUSES: Mapping[tuple[str, str], str] = {
    ("litellm-anthropic", "429"): "Its own default: litellm retries here only if told to (`num_retries`).",
}
"""(Client, act) -> why it fails, where that is known."""

LONGEST_NOTE = 120

MARKS = {"ok": "ok", "fails": "**fails**", "dropped": "answer only", "none": "–"}

INTRODUCTION = """\
# What real clients do by default

<!-- Written by `make acts`; do not edit. -->

Each client ran against this mock at its defaults: nothing was changed but the base URL and the key. Two need
more: `openai-agents` must use chat completions, and Vercel's compatible provider must send schemas
(`supportsStructuredOutputs`). Clients of the Responses API ran against `serve --extensions responses`.

An act is **ok** if the client showed its caller exactly what the mock played, sent the right number of requests, and
did nothing that [the verdict](testing.md#the-verdict) objects to.

- **fails**: something else; the reason stands below the table.
- **answer only**: the client took the answer, but its caller cannot get at what the act is about.
- –: the client has no such act.

The requests themselves are in
[`client-profiles/`](https://github.com/ainative/ainative-mockserver/tree/main/client-profiles):
`mockserver ask --as NAME URL` sends them to any gateway. [clients.md](clients.md) shows how
the SDKs bear broken streams.
"""


def markdown(document: Mapping[str, Any]) -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *_acts(document), *_table(document), *_failures(document), ""])


def _acts(document: Mapping[str, Any]) -> Iterator[str]:
    yield "| act | what is asked for |\n|---|---|"
    yield from [f"| {name} | {about} |" for name, about in document["acts"].items()]


def _table(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"\nMeasured on {document['made']}.\n"
    yield "| client | version | " + " | ".join(document["acts"]) + " |"
    yield "|---" * (2 + len(document["acts"])) + "|"
    for name, client in document["clients"].items():
        cells = [MARKS[client["outcomes"][act]["mark"]] for act in document["acts"]]
        yield f"| {name} | {client['version']} | " + " | ".join(cells) + " |"


def _failures(document: Mapping[str, Any]) -> Iterator[str]:
    failures = [
        f"- {name}, {act}: {_reason(name, act, outcome['note'])}"
        for name, client in document["clients"].items()
        for act, outcome in client["outcomes"].items()
        if outcome["mark"] == "fails"
    ]
    if failures:
        yield "\n## What failed\n"
        yield from failures


def _reason(client: str, act: str, note: str) -> str:
    line = " ".join(note.replace("<", "&lt;").split())[:LONGEST_NOTE]
    cause = CAUSES.get((client, act))
    return f"{cause} It says: {line}" if cause else line
