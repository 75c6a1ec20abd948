"""Made-up values by the faker library, seeded: `{{faker.sentence}}`.

Every provider method that needs no argument and gives text or a number has a name here, but for dates: faker counts
them from today, so the same seed would give other bytes tomorrow (`{{now}}` is the session's time). The generator has
no provider of dates at all, so that what draws a date inside, such as the expiry of a credit card, gives nothing
either. The library is imported when the first such value is, and one generator is shared under a lock, because seeding
and drawing must not be torn apart.
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
"""Draws from a generator that nobody seeds; draws a browser, some of which have a date inside."""


@cache
def _generator() -> "Generator":
    from faker import Factory
    from faker.config import PROVIDERS

    return Factory.create("en_US", [provider for provider in PROVIDERS if provider != _DATES])


@cache
def names() -> frozenset[str]:
    """Every name after `faker.`."""
    return frozenset(name for provider in _generator().get_providers() for name in _methods(provider)) - _NEVER


def _methods(provider: object) -> list[str]:
    return [name for name in dir(provider) if name[0] != "_" and name.islower() and callable(getattr(provider, name))]


def is_date(name: str) -> bool:
    """Whether a name is one of faker's dates and times, which are left out."""
    provider = import_module(_DATES).Provider
    return name in _methods(provider) and name not in names()


def is_text(name: str) -> bool:
    """Whether a name gives text or a number without being told more."""
    if name not in names():
        return False
    try:
        return isinstance(_draw(name, 0), str | int | float)
    except Exception:
        return False


def value(name: str, seed: int) -> str:
    """The value of a name for a seed."""
    return str(_draw(name, seed))


def _draw(name: str, seed: int) -> object:
    generator = _generator()
    with _LOCK:
        generator.seed_instance(seed)
        return getattr(generator, name)()
