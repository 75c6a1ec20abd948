"""Who is calling: accounts by key, people by token, and what nobody configured.

Rules:

- Zero configuration: any plausible key works, unlimited and unmetered, and anybody can log in.
- A key of an account belongs to that account, whichever of its keys it is; a token belongs to the account of its user.
  The limits are the account's, not the key's or the connection's: all of them share one session.
- A key of no account is open (see above), unless the file says `unknown_keys: refuse`. `strict_keys` accepts nothing
  but `sk_…`, `ak_…` and tokens issued here.
- The account of a scenario is everybody's who plays it, each with books of his own; with keys of its own it is theirs.
- Keys are found by a digest that depends on the secret and then compared in constant time, so that the time of an
  answer tells nothing about keys. No message shows a key.
"""

import hmac
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import msgspec
import orjson

from mockserver.accounts import keys, session, tokens
from mockserver.accounts.ledger_names import ledger_name
from mockserver.accounts.schema import Account, AccountsFile, Prices, User
from mockserver.accounts.session import Session
from mockserver.core.errors import Refusal
from mockserver.core.rng import token
from mockserver.openapi.operation import Operation

OPEN_PLAN = "enterprise"
"""The plan of whoever has no account: it includes everything."""

JUDGES_ITSELF = frozenset({"refresh"})
"""Operations that take another token than an access token; they judge it themselves."""


class ScenarioAccount(Protocol):
    """The account that a scenario, or a session itself, gives to whoever has none."""

    @property
    def name(self) -> str | None:
        """The name of the scenario; None for the account that was chosen for the session."""
        ...

    @property
    def account(self) -> Account | None:
        """The account, if there is one."""
        ...


class Person(msgspec.Struct, frozen=True):
    """A user as answers and tokens show it."""

    id: str
    email: str
    name: str | None = None
    role: str = "user"

    @property
    def claims(self) -> dict[str, str]:
        """What a token says of it."""
        return {"id": self.id, "email": self.email, "role": self.role}


class Holder(msgspec.Struct, frozen=True):
    """Who a request comes from: `account` is None for whoever is open; `books` names its ledger in the session.

    `named` is None where a key belongs to nobody in particular.
    """

    named: Person | None = None
    books: str = ""
    account: Account | None = None
    claims: tokens.Claims | None = None
    key: str = ""

    def __repr__(self) -> str:
        return f"Holder({self.person.id}, {self.books or 'open'})"

    @property
    def person(self) -> Person:
        """Its person; who has no name gets one that depends on the key alone."""
        return self.named if self.named is not None else _unnamed(self.key)

    @property
    def plan(self) -> str:
        """Its plan."""
        return self.account.plan if self.account is not None else OPEN_PLAN


NOBODY = Holder()


def person_of(email: str, user: User | None = None) -> Person:
    """The person of an e-mail address; without a user of a file, the one that the address suggests."""
    id = "user_" + token("user", email.casefold(), length=12)
    if user is None:
        return Person(id, email, email.partition("@")[0] or None)
    return Person(id, user.email, user.name, user.role)


class _Member(NamedTuple):
    """A key of an account, and the name of that account's session."""

    key: str
    account: Account
    home: str

    def __repr__(self) -> str:
        return f"<key of {self.home}>"


class Accounts:
    """The accounts of a server. Frozen after it is made; an engine's part like its contract."""

    def __init__(self, file: AccountsFile | None = None, *, seed: str = "0", strict_keys: bool = False) -> None:
        self.secret = tokens.secret_of(seed)
        self.prices = file.prices if file is not None else Prices()
        self._strict_keys = strict_keys
        self._refuse_unknown = file is not None and file.unknown_keys == "refuse"
        self._by_key: dict[bytes, _Member] = {}
        self._by_person: dict[str, Account] = {}
        for account in file.accounts if file is not None else ():
            for key in account.all_keys:
                self._by_key[self._digest(key)] = _Member(key, account, home_of(account))
            if account.user is not None:
                self._by_person[person_of(account.user.email).id] = account

    @property
    def takes_any_key(self) -> bool:
        """Whether nothing was configured that would tell a good key from a bad one."""
        return not (self._refuse_unknown or self._strict_keys or self._by_person)

    def _digest(self, key: str) -> bytes:
        return hmac.digest(self.secret, key.encode("utf-8", "surrogatepass"), "sha256")

    def _member(self, key: str) -> "_Member | None":
        if not self._by_key:
            return None
        found = self._by_key.get(self._digest(key))
        return found if found is not None and _same(found.key, key) else None

    def account_at(self, home: str) -> Account | None:
        """The account whose session has this name."""
        return next((member.account for member in self._by_key.values() if member.home == home), None) or next(
            (account for account in self._by_person.values() if home_of(account) == home), None
        )

    def holder_of_key(self, key: str, script: ScenarioAccount | None = None) -> Holder:
        """The holder of a key who plays a scenario, not judged: for the operator, who may see every balance."""
        member = self._member(key)
        holder = Holder(key=key) if member is None else Holder(None, member.home, member.account, key=key)
        return self.with_scenario_account(holder, script)

    def name_session(self, operation: Operation | None, headers: Mapping[str, str], body: bytes = b"") -> str | None:
        """The session of a request, or None where its key is refused everywhere. Raises `Refusal` 400.

        It is that of the key which the operation reads, so that no other header can move an account to other books.
        The token is not judged here: a session is only named, and whoever is refused leaves it as it was.
        """
        named = session.name_session(headers)
        if named is None or operation is None or session.HEADER in headers:
            return named
        api_key, bearer = headers.get("x-api-key", "").strip(), keys.bearer_of(headers) or ""
        key = api_key or bearer if "x-api-key" in operation.schemes else bearer or api_key
        if operation.name == "refresh":
            key = refresh_token_in(body) or key
        if not key:
            return named
        member = self._member(key)
        if member is not None:
            return member.home
        subject = tokens.subject_of(key)
        account = self._by_person.get(subject) if subject is not None else None
        if account is not None:
            return home_of(account)
        return "user-" + token("session", subject, length=12) if subject is not None else keys.session_of(key)

    def identify(
        self, operation: Operation, credential: keys.Credential | None, session: Session, now: float
    ) -> Holder:
        """Who a credential belongs to. Raises `Refusal` 401."""
        if credential is None or operation.name in JUDGES_ITSELF:
            return NOBODY
        key = credential.key
        member = self._member(key)
        if member is not None:
            user = member.account.user
            person = person_of(user.email, user) if user is not None else None
            return Holder(person, member.home, member.account, key=key)
        if tokens.is_token(key):
            return self.holder_of(self.judge(key, session, now), key)
        if self._refuse_unknown or (self._strict_keys and not key.startswith(("sk_", "ak_"))):
            wanted = "It belongs to no account." if self._refuse_unknown else "Keys begin with sk_ or ak_."
            raise Refusal(401, "invalid_api_key", f"Invalid API key. {wanted}")
        return Holder(key=key)

    def judge(self, key: str, session: Session, now: float, use: tokens.Use = "access") -> tokens.Claims:
        """The claims of a token of that use that nobody revoked. Raises `Refusal` 401, each way with its code."""
        claims = tokens.judge(self.secret, key, now)
        if claims.sid in session.revoked:
            raise tokens.refused("token_revoked")
        if claims.use != use and use == "access":
            raise tokens.refused("token_use")
        return claims

    def holder_of(self, claims: tokens.Claims, key: str = "") -> Holder:
        """The holder of a token."""
        account = self._by_person.get(claims.sub)
        user = account.user if account is not None else None
        person = Person(claims.sub, claims.email, claims.email.partition("@")[0] or None, claims.role)
        if account is not None and user is not None:
            person = person_of(user.email, user)
        return Holder(person, home_of(account) if account is not None else "", account, claims, key)

    def with_scenario_account(self, holder: Holder, script: ScenarioAccount | None) -> Holder:
        """The holder who plays a scenario: with its account, if he has none and may have this one."""
        account = script.account if script is not None else None
        if holder.account is not None or script is None or account is None:
            return holder
        if account.all_keys and not any(_same(key, holder.key) for key in account.all_keys):
            return holder
        named = holder.named
        if account.user is not None and (named is None or named.id == person_of(account.user.email).id):
            named = person_of(account.user.email, account.user)
        return msgspec.structs.replace(holder, named=named, books=ledger_name(script.name), account=account)

    def log_in(self, email: str, password: str, script: ScenarioAccount | None) -> Holder:
        """The holder of an e-mail address and a password. Raises `Refusal` 401."""
        users = [account.user for account in self._by_person.values() if account.user is not None]
        if script is not None and script.account is not None and script.account.user is not None:
            users.append(script.account.user)
        for user in users:
            if user.email.casefold() == email.casefold() and _same(user.password, password):
                person = person_of(user.email, user)
                return Holder(person, account=self._by_person.get(person.id))
        if users:
            raise Refusal(401, "invalid_credentials", "Wrong e-mail address or password.")
        return Holder(person_of(email))


def home_of(account: Account) -> str:
    """The name of an account's session: that of its first key, else of its user."""
    if account.all_keys:
        return keys.session_of(account.all_keys[0])
    assert account.user is not None, "the file's model asks for keys or a user"
    return "user-" + token("session", person_of(account.user.email).id, length=12)


def refresh_token_in(body: bytes) -> str | None:
    """The refresh token in a body, if there is one that can be read."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    given = found.get("refresh_token") if isinstance(found, dict) else None
    return given if isinstance(given, str) and given else None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _unnamed(key: str) -> Person:
    """The person behind a key that belongs to nobody in particular."""
    id = "user_" + token("key", key, length=12)
    return Person(id, f"{id}@example.com")
