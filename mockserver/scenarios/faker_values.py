"""Seeded values of the faker library for templates: `{{faker.sentence}}`.

Every provider method works that needs no argument and returns text or a number, except for dates: faker counts them
from today, so the same seed would give other bytes tomorrow (use `{{now}}`, the session's time). The generator has no
date provider at all, so a method that draws a date internally, such as the expiry of a credit card, does not work
either. The library is imported with the first such value. All threads share one generator under a lock, because
seeding and drawing must be one step.
"""

import threading
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faker import Generator

_LOCK = threading.Lock()
_DATES = "faker.providers.date_time"
_NEVER = frozenset({"passport_gender", "user_agent"})
"""`passport_gender` draws from an unseeded generator; `user_agent` draws a browser, and some contain a date."""


@cache
def _generator() -> "Generator":
    from faker import Factory
    from faker.config import PROVIDERS

    return Factory.create("en_US", [provider for provider in PROVIDERS if provider != _DATES])


@cache
def names() -> frozenset[str]:
    """Return every name that may follow `faker.`."""
    return frozenset(name for provider in _generator().get_providers() for name in _methods(provider)) - _NEVER


def _methods(provider: object) -> list[str]:
    return [name for name in dir(provider) if name[0] != "_" and name.islower() and callable(getattr(provider, name))]


def is_date(name: str) -> bool:
    """Return whether a name is one of faker's dates and times, which are left out."""
    provider = import_module(_DATES).Provider
    return name in _methods(provider) and name not in names()


def is_text(name: str) -> bool:
    """Return whether a name gives text or a number without arguments."""
    if name not in names():
        return False
    try:
        return isinstance(_draw(name, 0), str | int | float)
    except Exception:
        return False


def value(name: str, seed: int) -> str:
    """Return the value of a name for a seed."""
    return str(_draw(name, seed))


def _draw(name: str, seed: int) -> object:
    generator = _generator()
    with _LOCK:
        generator.seed_instance(seed)
        return getattr(generator, name)()
