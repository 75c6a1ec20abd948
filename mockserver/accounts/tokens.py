"""Tokens: real signed JWTs, issued and verified at the time that the caller passes.

Rules:

- A token has the claims of the ruling (sub, userId, email, role, iat, exp) and three of ours: `use` (access or
  refresh), `sid` (the login that it comes from; logging out revokes the whole login) and `jti`. An access token lives
  24 hours (D1), a refresh token 30 days.
- A key of three parts, the first of which is a JOSE header, is a token and is verified as one. Each defect has its own
  code:

  | code | the token |
  |---|---|
  | `token_malformed` | cannot be read |
  | `token_unsigned` | has `alg: none`, or no signature |
  | `token_algorithm` | is signed with another algorithm than HS256 |
  | `token_signature` | was changed, or signed with another secret |
  | `token_forged` | is signed with our secret, but with claims that are never issued |
  | `token_expired` | is past its `exp` |
  | `token_revoked` | comes from a login that was logged out |
  | `token_use` | is a refresh token where an access token is needed |

- Nothing here is random: the secret derives from the seed, so that every worker of one gateway knows it and a replay
  issues the same bytes. It is a mock's secret; it protects nothing.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from math import floor
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
import orjson

from mockserver.core.errors import Refusal
from mockserver.core.rng import token

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "HS256"
DAY = 86_400
LIFETIMES: Mapping[str, int] = {"access": DAY, "refresh": 30 * DAY}
Use: TypeAlias = Literal["access", "refresh"]

MESSAGES: Mapping[str, str] = {
    "token_malformed": "The token cannot be read.",
    "token_unsigned": "The token is not signed (alg: none). Unsigned tokens are refused.",
    "token_algorithm": f"The token is signed with another algorithm than {ALGORITHM}.",
    "token_signature": "The token's signature is wrong: it was changed, or issued elsewhere.",
    "token_forged": "The token has claims that this gateway never issues.",
    "token_expired": "The token has expired. Refresh it: POST /api/v1/auth/refresh.",
    "token_revoked": "The token was revoked by logging out. Log in again.",
    "token_use": "This is a refresh token. Send the access token.",
}


_UNTIMED: "Options" = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
}


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of a token. Times are in whole seconds since the epoch."""

    sub: str
    userId: str  # noqa: N815 - the ruling's spelling
    email: str
    role: str
    iat: int
    exp: int
    use: Use
    sid: str
    jti: str


def refused(code: str) -> Refusal:
    """Return the 401 of a code of `MESSAGES`."""
    return Refusal(401, code, MESSAGES[code])


def secret_of(seed: str) -> bytes:
    """Return the signing secret of a gateway: 32 bytes, the least that HS256 should have."""
    return hashlib.sha256(b"mockserver token secret\x1f" + seed.encode("utf-8", "surrogatepass")).digest()


def _part(text: str) -> dict[str, object] | None:
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def is_token(key: str) -> bool:
    """Return whether a key is a token: three parts, the first a JOSE header."""
    parts = key.split(".")
    if len(parts) != 3:
        return False
    header = _part(parts[0])
    return header is not None and "alg" in header


def subject_of(key: str) -> str | None:
    """Return the subject that a token claims, unverified. Use it to name a session and for nothing else."""
    if not is_token(key):
        return None
    claims = _part(key.split(".")[1])
    subject = claims.get("sub") if claims is not None else None
    return subject if isinstance(subject, str) and 0 < len(subject) <= 100 else None


def issue(secret: bytes, user: Mapping[str, str], now: float, *origin: object) -> tuple[str, str]:
    """Return a new login's access and refresh token for a user (id, email, role). `origin` makes its id unique."""
    return issue_pair(secret, user, now, token("login", *origin), *origin)


def issue_pair(secret: bytes, user: Mapping[str, str], now: float, sid: str, *origin: object) -> tuple[str, str]:
    """Return the access and refresh token of an existing login, whose id is `sid`."""
    import jwt  # imported here because most runs never log in

    def sign(use: Use) -> str:
        second = floor(now)
        claims = Claims(
            sub=user["id"],
            userId=user["id"],
            email=user["email"],
            role=user["role"],
            iat=second,
            exp=second + LIFETIMES[use],
            use=use,
            sid=sid,
            jti=token(use, sid, second, *origin),
        )
        return jwt.encode(msgspec.to_builtins(claims), secret, algorithm=ALGORITHM)

    return sign("access"), sign("refresh")


def verify(secret: bytes, key: str, now: float) -> Claims:
    """Return the claims of a token that we signed and that has not expired. Raises `Refusal` 401 with its code."""
    import jwt

    header = _part(key.partition(".")[0])
    algorithm = header.get("alg") if header is not None else None
    if not isinstance(algorithm, str):
        raise refused("token_malformed")
    if algorithm.lower() == "none" or key.endswith("."):
        raise refused("token_unsigned")
    if algorithm != ALGORITHM:
        raise refused("token_algorithm")
    # The library checks the signature only: for times it would read the machine's clock.
    try:
        payload = jwt.decode(key, secret, algorithms=[ALGORITHM], options=_UNTIMED)
        claims = msgspec.convert(payload, Claims)
    except jwt.InvalidSignatureError:
        raise refused("token_signature") from None
    except jwt.PyJWTError:
        raise refused("token_malformed") from None
    except msgspec.ValidationError:
        raise refused("token_forged") from None
    second = floor(now)
    if claims.sub != claims.userId or claims.exp - claims.iat != LIFETIMES[claims.use]:
        raise refused("token_forged")
    if second >= claims.exp:
        raise refused("token_expired")
    return claims
