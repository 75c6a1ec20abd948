"""Who is calling: the account of a key, the user of a token, and callers without configuration.

Rules:

- Without configuration every plausible key works, unlimited and unmetered, and every login succeeds.
- All keys of an account, and the tokens of its user, share one session: limits belong to the account, not to the key or
  the connection.
- A key of no account is open (see above), unless the file says `unknown_keys: refuse`. `strict_keys` accepts only
  `sk_…`, `ak_…` and tokens issued here.
- The account of a scenario applies to every session that plays it, each with a ledger of its own; if it names keys, it
  applies to those only.
- Keys are looked up by a digest that depends on the secret and then compared in constant time, so that response times
  reveal nothing about keys. No message shows a key.
"""

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from mockserver.accounts import keys, session, tokens
from mockserver.accounts.ledger_names import ledger_name
from mockserver.accounts.session import Session
from mockserver.core.errors import Refusal
from mockserver.core.headers import derive
from mockserver.core.json_text import json_or_none
from mockserver.core.rng import token
from mockserver.openapi.operation import Operation

if TYPE_CHECKING:
    from mockserver.accounts.schema import Account, AccountsFile, Prices, User

OPEN_PLAN = "enterprise"
"""The plan of a caller without an account: it includes everything."""

CHECKS_ITSELF = frozenset({"refresh"})
"""Operations that take another token than an access token; they verify it themselves."""


class ScenarioAccount(Protocol):
    """The account that a scenario, or the session itself, gives to a caller without one."""

    @property
    def name(self) -> str | None:
        """The name of the scenario; None for the account that was chosen for the session."""
        ...

    @property
    def account(self) -> "Account | None":
        """The account, if there is one."""
        ...


class Person(msgspec.Struct, frozen=True):
    """A user as answers and tokens show them."""

    id: str
    email: str
    name: str | None = None
    role: str = "user"

    @property
    def claims(self) -> dict[str, str]:
        """The claims that a token has of this user."""
        return {"id": self.id, "email": self.email, "role": self.role}


class Holder(msgspec.Struct, frozen=True):
    """The caller of a request. `account` is None for a caller without limits; `ledger_name` names its ledger.

    `named` is the user, or None for a key without one.
    """

    named: Person | None = None
    ledger_name: str = ""
    account: "Account | None" = None
    claims: tokens.Claims | None = None
    key: str = ""

    def __repr__(self) -> str:
        return f"Holder({self.person.id}, {self.ledger_name or 'open'})"

    @property
    def person(self) -> Person:
        """The user; a key without one gets a user that derives from the key alone."""
        return self.named if self.named is not None else _unnamed(self.key)

    @property
    def plan(self) -> str:
        """The plan of the account."""
        return self.account.plan if self.account is not None else OPEN_PLAN


ANONYMOUS_HOLDER = Holder()


def person_of(email: str, user: "User | None" = None) -> Person:
    """Return the person of an e-mail address, with the details of `user` if a file has one."""
    id = "user_" + token("user", email.casefold(), length=12)
    if user is None:
        return Person(id, email, email.partition("@")[0] or None)
    return Person(id, user.email, user.name, user.role)


class _KeyEntry(NamedTuple):
    """A key of an account, and the name of the account's session."""

    key: str
    account: "Account"
    session_name: str

    def __repr__(self) -> str:
        return f"<key of {self.session_name}>"


class Accounts:
    """The accounts of a server. Frozen after it is made."""

    def __init__(self, file: "AccountsFile | None" = None, *, seed: str = "0", strict_keys: bool = False) -> None:
        self.secret = tokens.secret_of(seed)
        self.prices: Prices | None = file.prices if file is not None else None
        self._strict_keys = strict_keys
        self._refuse_unknown = file is not None and file.unknown_keys == "refuse"
        self._by_key: dict[bytes, _KeyEntry] = {}
        self._by_person: dict[str, Account] = {}
        for account in file.accounts if file is not None else ():
            for key in account.all_keys:
                self._by_key[self._digest(key)] = _KeyEntry(key, account, session_name_of(account))
            if account.user is not None:
                self._by_person[person_of(account.user.email).id] = account

    @property
    def takes_any_key(self) -> bool:
        """Whether no configuration tells a valid key from an invalid one."""
        return not (self._refuse_unknown or self._strict_keys or self._by_person)

    def _digest(self, key: str) -> bytes:
        return hmac.digest(self.secret, key.encode("utf-8", "surrogatepass"), "sha256")

    def _entry_of(self, key: str) -> "_KeyEntry | None":
        if not self._by_key:
            return None
        entry = self._by_key.get(self._digest(key))
        return entry if entry is not None and _same(entry.key, key) else None

    def account_of_session(self, name: str) -> "Account | None":
        """Return the account whose session has this name, or None."""
        return next((entry.account for entry in self._by_key.values() if entry.session_name == name), None) or next(
            (account for account in self._by_person.values() if session_name_of(account) == name), None
        )

    def holder_of_key(self, key: str, script: ScenarioAccount | None = None) -> Holder:
        """Return the holder of a key, unverified: for the operator, who may see every balance."""
        entry = self._entry_of(key)
        holder = Holder(key=key) if entry is None else Holder(None, entry.session_name, entry.account, key=key)
        return self.with_scenario_account(holder, script)

    def name_session(self, operation: Operation | None, headers: Mapping[str, str], body: bytes = b"") -> str | None:
        """Return the name of a request's session, or None if its key is refused everywhere. Raises `Refusal` 400.

        Only the header that the operation reads counts, so that another header cannot give an account another ledger.
        Tokens are not verified here: naming a session changes nothing, and a refused request leaves it unchanged.
        """
        named = derive(headers, session.name_session)
        if named is None or operation is None or session.HEADER in headers:
            return named
        api_key, bearer = headers.get("x-api-key", "").strip(), derive(headers, keys.bearer_of) or ""
        key = api_key or bearer if "x-api-key" in operation.schemes else bearer or api_key
        if operation.name == "refresh":
            key = refresh_token_in(body) or key
        if not key:
            return named
        entry = self._entry_of(key)
        if entry is not None:
            return entry.session_name
        subject = tokens.subject_of(key)
        account = self._by_person.get(subject) if subject is not None else None
        if account is not None:
            return session_name_of(account)
        if subject is not None:
            return "user-" + token("session", subject, length=12)
        return named if key == (api_key or bearer) else keys.session_of(key)

    def identify(
        self, operation: Operation, credential: keys.Credential | None, session: Session, now: float
    ) -> Holder:
        """Return the holder of a credential. Raises `Refusal` 401."""
        holder = self.holder_of_credential(operation, credential)
        if holder is not None or credential is None:
            return holder or ANONYMOUS_HOLDER
        return self.holder_of(self.verify_token(credential.key, session, now), credential.key)

    def holder_of_credential(self, operation: Operation, credential: keys.Credential | None) -> Holder | None:
        """Return the holder of a credential that depends on nothing else, or None for a token. Raises `Refusal` 401."""
        if credential is None or operation.name in CHECKS_ITSELF:
            return ANONYMOUS_HOLDER
        key = credential.key
        entry = self._entry_of(key)
        if entry is not None:
            user = entry.account.user
            person = person_of(user.email, user) if user is not None else None
            return Holder(person, entry.session_name, entry.account, key=key)
        if tokens.is_token(key):
            return None
        if self._refuse_unknown or (self._strict_keys and not key.startswith(("sk_", "ak_"))):
            reason = "It belongs to no account." if self._refuse_unknown else "Keys begin with sk_ or ak_."
            raise Refusal(401, "invalid_api_key", f"Invalid API key. {reason}")
        return Holder(key=key)

    def verify_token(self, key: str, session: Session, now: float, use: tokens.Use = "access") -> tokens.Claims:
        """Return the claims of a valid, unrevoked token of this use. Raises `Refusal` 401 with its code."""
        claims = tokens.verify(self.secret, key, now)
        if claims.sid in session.revoked:
            raise tokens.refused("token_revoked")
        if claims.use != use and use == "access":
            raise tokens.refused("token_use")
        return claims

    def holder_of(self, claims: tokens.Claims, key: str = "") -> Holder:
        """Return the holder of a verified token."""
        account = self._by_person.get(claims.sub)
        user = account.user if account is not None else None
        person = Person(claims.sub, claims.email, claims.email.partition("@")[0] or None, claims.role)
        if account is not None and user is not None:
            person = person_of(user.email, user)
        return Holder(person, session_name_of(account) if account is not None else "", account, claims, key)

    def with_scenario_account(self, holder: Holder, script: ScenarioAccount | None) -> Holder:
        """Return the holder with the scenario's account, if they have none and it does not name other keys."""
        account = script.account if script is not None else None
        if holder.account is not None or script is None or account is None:
            return holder
        if account.all_keys and not any(_same(key, holder.key) for key in account.all_keys):
            return holder
        named = holder.named
        if account.user is not None and (named is None or named.id == person_of(account.user.email).id):
            named = person_of(account.user.email, account.user)
        return msgspec.structs.replace(holder, named=named, ledger_name=ledger_name(script.name), account=account)

    def log_in(self, email: str, password: str, script: ScenarioAccount | None) -> Holder:
        """Return the holder of an e-mail address and a password. Raises `Refusal` 401."""
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


def session_name_of(account: "Account") -> str:
    """Return the name of an account's session: that of its first key, else of its user."""
    if account.all_keys:
        return keys.session_of(account.all_keys[0])
    assert account.user is not None, "the file's model asks for keys or a user"
    return "user-" + token("session", person_of(account.user.email).id, length=12)


def refresh_token_in(body: bytes) -> str | None:
    """Return the refresh token in a JSON body, or None."""
    parsed = json_or_none(body)
    value = parsed.get("refresh_token") if isinstance(parsed, dict) else None
    return value if isinstance(value, str) and value else None


def _same(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode("utf-8", "surrogatepass"), second.encode("utf-8", "surrogatepass"))


def _unnamed(key: str) -> Person:
    """Return the person of a key that belongs to no user."""
    id = "user_" + token("key", key, length=12)
    return Person(id, f"{id}@example.com")
