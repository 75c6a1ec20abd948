"""The names of a session's ledgers, built and read in this one place.

An account of the server's file has a ledger under the name of its own session (`key-…`, `user-…`). The account of a
scenario has one under the scenario's name, and the account that was chosen for the session has `OWN`.
"""

OWN = "session"
"""The ledger of the account that was chosen for the session. It lacks a scenario's prefix, so no scenario has it."""

_SCENARIO = "scenario:"


def ledger_name(scenario: str | None) -> str:
    """Return the name of the ledger of a scenario's account; None means the session's own account."""
    return OWN if scenario is None else _SCENARIO + scenario


def scenario_of(name: str) -> str | None:
    """Return the scenario whose account has the ledger of this name, or None for any other account."""
    return name.removeprefix(_SCENARIO) if name.startswith(_SCENARIO) else None
