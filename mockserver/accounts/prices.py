"""Prices: what a token of an answer costs an account.

No document gives a figure. Rulings: 1,000 tokens cost one credit, those that are read from the prompt cache a tenth of
the others, and those that are put into it as much as the others. Files set other prices, see `schema.TokenPrice`.
"""

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from mockserver.accounts.model_access import matches
from mockserver.accounts.plans import PRICE
from mockserver.core.conversation import Usage

if TYPE_CHECKING:
    from mockserver.accounts.schema import Account, Prices, TokenPrice

THOUSAND = Decimal(1_000)
CACHE_READ = Decimal("0.1")
"""The price of a token that is read from the cache, as a share of the others'."""


class Rate(msgspec.Struct, frozen=True, gc=False):
    """The credits for one token: any other, one that is read from the prompt cache, one that is put into it."""

    token: Decimal
    cache_read: Decimal
    cache_write: Decimal

    def prompt(self, usage: Usage) -> Decimal:
        """Return the price of an answer's input."""
        cached = self.cache_read * usage.cache_read + self.cache_write * usage.cache_write
        return self.token * usage.uncached + cached

    def price(self, usage: Usage) -> Decimal:
        """Return the price of an answer."""
        return self.prompt(usage) + self.token * usage.output


def rate_of(prices: "Prices | None", account: "Account", model: str) -> Rate:
    """Return the credits for one token: the account's price of the model, else the model's, the plan's, the default.

    `prices` are those of the accounts file, if there is one.
    """
    for table in (account.prices, {} if prices is None else prices.models):
        for glob, price in table.items():
            if matches(model, glob):
                return _rate(price)
    return DEFAULT_RATE if prices is None else _rate(prices.plans.get(account.plan, prices.default))


def _rate(price: "TokenPrice") -> Rate:
    return _rate_of_tokens(price.tokens, price.cache_read, price.cache_write)


@lru_cache(maxsize=256)
def _rate_of_tokens(tokens: Decimal, cache_read: Decimal | None = None, cache_write: Decimal | None = None) -> Rate:
    """Return the credits for one token. The prices are those of 1,000 tokens."""
    read = CACHE_READ * tokens if cache_read is None else cache_read
    write = tokens if cache_write is None else cache_write
    return Rate(tokens / THOUSAND, read / THOUSAND, write / THOUSAND)


FREE = Rate(Decimal(0), Decimal(0), Decimal(0))
DEFAULT_RATE = _rate_of_tokens(PRICE)
"""The price where no file says another."""
