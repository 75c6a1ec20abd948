"""Prices: what a token of an answer costs an account.

No document gives a figure. Rulings: 1,000 tokens cost one credit, those that are read from the prompt cache a tenth of
the others, and those that are put into it as much as the others. Files set other prices, see `schema.TokenPrice`.
"""

from decimal import Decimal

import msgspec

from mockserver.accounts.model_access import matches
from mockserver.accounts.schema import Account, Prices, TokenPrice
from mockserver.core.conversation import Usage

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


def rate_of(prices: Prices, account: Account, model: str) -> Rate:
    """Return the credits for one token: the account's price of the model, else the model's, the plan's, the default."""
    for table in (account.prices, prices.models):
        for glob, price in table.items():
            if matches(model, glob):
                return _rate(price)
    return _rate(prices.plans.get(account.plan, prices.default))


def _rate(price: TokenPrice) -> Rate:
    read = CACHE_READ * price.tokens if price.cache_read is None else price.cache_read
    write = price.tokens if price.cache_write is None else price.cache_write
    return Rate(price.tokens / THOUSAND, read / THOUSAND, write / THOUSAND)


DEFAULT_RATE = _rate(Prices().default)
FREE = Rate(Decimal(0), Decimal(0), Decimal(0))
