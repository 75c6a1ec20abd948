"""Text of a target or a client, made safe for a report."""

import re
from collections.abc import Mapping
from typing import Any

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def in_xml(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)


def printable(text: str) -> str:
    """Return a text in which characters that could move a cursor or reverse a line are escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def encodable(value: Any) -> Any:
    """Return plain data in which every text can be written as UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: encodable(item) for key, item in value.items()}
    return [encodable(item) for item in value] if isinstance(value, list) else value


def workflow_data(text: str) -> str:
    """Return the message of a workflow command of GitHub Actions, escaped as GitHub's own toolkit escapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return a property of a workflow command, escaped."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")
