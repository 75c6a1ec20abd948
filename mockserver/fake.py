"""Made-up values by the faker library, seeded: `{{faker.sentence}}`.

Every provider method that needs no argument and gives text or a number has a name here, but for dates: faker counts
them from today, so the same seed would give other bytes tomorrow (`{{now}}` is the session's time). The library is
imported when the first such value is, and one generator is shared under a lock, because seeding and drawing must not be
torn apart.
"""

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faker import Generator

_LOCK = threading.Lock()
_DATED = "date_time"


@cache
def _generator() -> "Generator":
    from faker import Factory

    return Factory.create("en_US")


@cache
def names() -> frozenset[str]:
    """Every name after `faker.`."""
    generator = _generator()
    return frozenset(
        name
        for provider in generator.get_providers()
        if getattr(provider, "__provider__", "") != _DATED
        for name in dir(provider)
        if name[0] != "_" and name.islower() and callable(getattr(provider, name))
    )


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
