"""The pydantic models of accounts in files: `account:` of a scenario, and the file of `serve --accounts`.

```yaml
accounts:
  - {key: sk_three, plan: starter, credits: 3}
  - keys: [sk_team_a, sk_team_b]
    user: {email: jo@example.com, password: secret, name: Jo, role: admin}
    plan: pro
    limits: {requests: 10, per: 1m, tokens: 100000}
    models: [qwen-*, claude-sonnet-4.5]
    prices: {claude-*: 5}
```

Every figure that is left out is the plan's. A file with an unknown key or plan, or an impossible figure, does not load.
No message and no repr shows a key or a password.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from mockserver.accounts.plans import PRICE, PlanName
from mockserver.core.unit_fields import Duration

MOST_CREDITS = Decimal(10) ** 12
DECIMALS = 9
"""Within these bounds no sum and no price of a token needs more than the 28 digits to which decimals are exact."""


def _credits(value: object) -> Decimal:
    try:
        credits = Decimal(str(value)) if isinstance(value, int | float | str | Decimal) else None
    except InvalidOperation:
        credits = None
    if credits is None or isinstance(value, bool) or not credits.is_finite() or not 0 <= credits <= MOST_CREDITS:
        raise ValueError("expected a number of credits, such as 3 or 0.25")
    if credits != round(credits, DECIMALS):
        raise ValueError(f"expected a number of credits with at most {DECIMALS} decimals")
    return credits


Credits = Annotated[
    Decimal,
    PlainValidator(_credits),
    PlainSerializer(str),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, strict=True, hide_input_in_errors=True)


class TokenPrice(_Model):
    """What 1,000 tokens cost, in credits. A bare number is `tokens`."""

    tokens: Credits
    cache_read: Credits | None = Field(
        None, description="Those that are read from the prompt cache; a tenth of `tokens` if missing."
    )
    cache_write: Credits | None = Field(
        None, description="Those that are put into the prompt cache; the same as `tokens` if missing."
    )


def _as_price(value: object) -> object:
    return value if isinstance(value, Mapping | TokenPrice) else TokenPrice(tokens=_credits(value))


Price = Annotated[TokenPrice, BeforeValidator(_as_price)]


class User(_Model):
    """A user who can log in."""

    email: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=200, repr=False)
    name: str | None = Field(None, max_length=200)
    role: str = Field("user", min_length=1, max_length=50)


class OwnLimits(_Model):
    """Limits that replace those of the plan, on every metered route."""

    requests: int | None = Field(None, ge=0, description="Answers in every window.")
    per: Duration | None = Field(None, description="The window's length, in whole seconds: 60s, 1m, 1h.")
    tokens: int | None = Field(None, ge=0, description="Tokens a month.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.per is not None and (self.per < 1 or self.per != int(self.per)):
            raise ValueError("per: a window is a whole number of seconds, at least one")
        return self


class Account(_Model):
    """One account."""

    key: str | None = Field(None, min_length=1, max_length=500, description="Its API key.", repr=False)
    keys: list[Annotated[str, Field(min_length=1, max_length=500)]] = Field(
        default_factory=list, description="Its API keys, if it has several.", repr=False
    )
    user: User | None = Field(None, description="Who can log in to it.")
    plan: PlanName = Field("starter", description="Its plan.")
    credits: Credits | None = Field(None, description="Credits left this month; default: all of the plan's.")
    unlimited: bool = Field(False, description="Never charged; rate limits still apply.")
    charge: Literal["delivered", "first"] = Field(
        "delivered", description="Charge a stream for what it delivered, or in full before it starts."
    )
    overdraft: Literal["serve", "cut"] = Field(
        "serve", description="Serve a stream that costs more than is left, or cut it where the balance ends."
    )
    limits: OwnLimits = OwnLimits()
    models: list[str] | None = Field(None, description="The only models it may use, as globs.")
    prices: dict[str, Price] = Field(default_factory=dict, description="Model glob: credits for 1,000 tokens.")

    @property
    def all_keys(self) -> tuple[str, ...]:
        """All its keys; the first names its session."""
        return tuple([key for _, key in self.placed_keys])

    @property
    def placed_keys(self) -> list[tuple[tuple[str | int, ...], str]]:
        """All its keys, each with its path in the account."""
        own: list[tuple[tuple[str | int, ...], str]] = [] if self.key is None else [(("key",), self.key)]
        return own + [(("keys", number), key) for number, key in enumerate(self.keys)]


class Prices(_Model):
    """The credits for 1,000 tokens. A model's price takes precedence over a plan's, an account's own over both."""

    default: Price = TokenPrice(tokens=PRICE)
    plans: dict[PlanName, Price] = Field(default_factory=dict)
    models: dict[str, Price] = Field(default_factory=dict, description="Model glob: credits for 1,000 tokens.")


class AccountsFile(_Model):
    """The file of `serve --accounts`."""

    accounts: list[Account] = Field(min_length=1, max_length=10_000)
    prices: Prices = Prices()
    unknown_keys: Literal["accept", "refuse"] = Field(
        "accept", description="Accept keys of no account (unlimited and unmetered), or refuse them with 401."
    )

    def mistakes(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the path and the message of each mistake that no account shows alone, or only in a file."""
        key_owners: dict[str, int] = {}
        email_owners: dict[str, int] = {}
        for number, account in enumerate(self.accounts):
            here = ("accounts", number)
            if not account.all_keys and account.user is None:
                yield here, "expected key, keys or user; nobody could use this account"
            for path, key in account.placed_keys:
                if key.startswith("sk-ant-"):
                    yield (*here, *path), "sk-ant- keys are refused everywhere; choose another"
                first = key_owners.setdefault(key, number)
                if first != number:
                    yield (*here, *path), f"two accounts have the same key; accounts[{first}] is the other"
                elif account.all_keys.count(key) > 1:
                    yield (*here, *path), "the account has this key twice; remove one"
            if account.user is not None:
                first = email_owners.setdefault(account.user.email.casefold(), number)
                if first != number:
                    place = (*here, "user", "email")
                    yield place, f"two accounts have the same user email; accounts[{first}] is the other"
