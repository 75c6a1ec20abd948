"""Colour is for terminals; two variables of the environment decide otherwise (no-color.org, force-color.org)."""

from collections.abc import Mapping


def colour_choice(environ: Mapping[str, str]) -> bool | None:
    """Return whether to colour what is printed; None means on terminals only. NO_COLOR goes before FORCE_COLOR."""
    if environ.get("NO_COLOR"):
        return False
    return True if environ.get("FORCE_COLOR") else None
