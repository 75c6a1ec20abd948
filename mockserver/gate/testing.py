"""A run for those who come from elsewhere (pytest, schemathesis): settings from names and values, as from a shell.

GATEWAY_URL GATEWAY_KEY GATE_PROFILE GATE_SEED GATE_EXCLUDE and GATE_<AID>, such as GATE_EXHAUSTED
"""

from collections.abc import Mapping
from pathlib import Path

from contracts.promises import AIDS
from mockserver import shipped
from mockserver.errors import OperatorError
from mockserver.gate.client import base_url, is_loopback
from mockserver.gate.profiles import PROFILES
from mockserver.gate.runner import Run, Runner, Settings

LOCAL_KEY = "sk_gate_0123456789abcdef"
"""The key for a target on this machine, if none is given."""


def run_from(url: str, values: Mapping[str, str]) -> Run:
    """One run. Raises `OperatorError` if it cannot begin."""
    base = base_url(url)
    key = values.get("GATEWAY_KEY") or (LOCAL_KEY if is_loopback(base) else "")
    if not key:
        raise OperatorError("a gateway that is not on this machine needs a key: set GATEWAY_KEY")
    profile = values.get("GATE_PROFILE") or ("full" if is_loopback(base) else "paid")
    if profile not in PROFILES:
        raise OperatorError(f"no profile {profile!r}; there are {', '.join(PROFILES)}")
    return Runner(
        Settings(
            url=base,
            profile=PROFILES[profile],
            key=key,
            contract=Path(shipped.OPENAPI),
            seed=int(values.get("GATE_SEED") or 0),
            exclude=tuple((values.get("GATE_EXCLUDE") or "").split()),
            aids={aid: values[f"GATE_{aid.upper()}"] for aid in AIDS if values.get(f"GATE_{aid.upper()}")},
        )
    ).run()
