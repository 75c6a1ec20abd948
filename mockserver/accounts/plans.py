"""The plans: their names, monthly credits and rate limits. Tables only.

Rulings of the contract:

- There is one ladder, free = starter < basic < pro < business < enterprise. `free` and `starter` are two names of one
  plan; basic has starter's figures unless an account says otherwise.
- D0's figures (requests a minute, tokens a month) hold on D0's own route, D1's (requests an hour) on every other route.
  D1's monthly credits hold on all of them, since both documents have 402. BYOK has no limit and no price (D4).
- No document gives a price. One credit buys 1,000 tokens of any model unless a file sets another price.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

PlanName: TypeAlias = Literal["free", "starter", "basic", "pro", "business", "enterprise"]
Tariff: TypeAlias = Literal["per_minute", "per_hour"]

RANKS: Mapping[str, int] = {"free": 0, "starter": 0, "basic": 1, "pro": 2, "business": 3, "enterprise": 4}

MONTHLY_CREDITS: Mapping[str, Decimal] = {
    "free": Decimal(1_000),
    "starter": Decimal(1_000),
    "basic": Decimal(1_000),
    "pro": Decimal(50_000),
    "business": Decimal(150_000),
    "enterprise": Decimal(200_000),
}
"""D1."""


class PlanLimits(NamedTuple):
    """The limits of a plan: `requests` in every `seconds`, and `tokens` a month (None: no limit but the credits)."""

    requests: int
    seconds: int
    tokens: int | None = None


MINUTE, HOUR = 60, 3_600

TARIFFS: Mapping[Tariff, Mapping[str, PlanLimits]] = {
    # D0: requests per minute, tokens per month
    "per_minute": {
        "free": PlanLimits(60, MINUTE, 10_000),
        "starter": PlanLimits(60, MINUTE, 10_000),
        "basic": PlanLimits(60, MINUTE, 10_000),
        "pro": PlanLimits(300, MINUTE, 1_000_000),
        "business": PlanLimits(1_000, MINUTE, 5_000_000),
        "enterprise": PlanLimits(5_000, MINUTE, 10_000_000),
    },
    # D1: the same figures per hour
    "per_hour": {
        "free": PlanLimits(60, HOUR),
        "starter": PlanLimits(60, HOUR),
        "basic": PlanLimits(60, HOUR),
        "pro": PlanLimits(300, HOUR),
        "business": PlanLimits(1_000, HOUR),
        "enterprise": PlanLimits(5_000, HOUR),
    },
}

ROUTES: Mapping[str, Tariff | None] = {"chat_public": "per_minute", "chat_byok": None}
"""Operations with a tariff of their own (None: not metered); every other conversation has D1's."""

PRICE = Decimal(1)
"""Credits for 1,000 tokens."""


def tariff_of(operation: str) -> Tariff | None:
    """Return the tariff of a conversation's operation, by its name; None where nothing is metered."""
    return ROUTES.get(operation, "per_hour")


def includes(plan: str, needed: str) -> bool:
    """Return whether a plan includes what needs another plan: D1's `Pro+` means pro and above."""
    return RANKS[plan] >= RANKS[needed]
