"""What an engine is made of: what the operator chose, and the parts that every stage of a step may read."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from mockserver.accounts.identify import Accounts
from mockserver.openapi.contract import Contract
from mockserver.scenarios.script import Script
from mockserver.wires.envelopes import SUPERSET, Envelope
from mockserver.wires.threads import ThreadPolicy


class EngineSettings(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the operator chose.

    `scenario` plays by default; `pace` is laid over that of every reply (JSON, see `overrides`); `envelope` shapes
    errors. With `strict`, routes that no document names are 404. With `strict_models`, unknown models are 404, those of
    higher plans 403, and more `max_tokens` than the model gives is 400. With `lenient`, what is refused for its form
    alone is accepted with a warning (see `openapi.lenient`). `threads` says what becomes
    of message threads where the scenario does not.
    """

    scenario: str | None = None
    pace: str | None = None
    envelope: Envelope = SUPERSET
    strict: bool = False
    strict_models: bool = False
    lenient: bool = False
    threads: ThreadPolicy = "refuse"


class EngineParts(Protocol):
    """The frozen parts of an engine that its stages read."""

    contract: Contract
    scripts: Mapping[str, Script]
    settings: EngineSettings
    accounts: Accounts
