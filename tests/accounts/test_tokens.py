"""Login and its tokens: real JWTs, on a clock that is moved by hand."""

import base64
from collections.abc import Callable

import jwt
import orjson
import pytest

from mockserver.accounts import tokens
from mockserver.accounts.session import Session
from mockserver.engine.request import Request
from tests.support.bank import BALANCE, CHAT, LOGIN, LOGOUT, ME, MESSAGES, NOW, REFRESH, Bank
from tests.support.engine import contract

USERS = "accounts: [{user: {email: jo@example.com, password: secret, name: Jo, role: admin}, plan: pro, credits: 5}]"
SECRET = tokens.secret_of("0")


def claims_of(token: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_a_login_gives_real_tokens_with_the_ruled_claims() -> None:
    bank = Bank(USERS)
    answer = bank.post(LOGIN, {"email": "Jo@example.com", "password": "secret"})
    body = answer.json
    contract().response_validator(contract().find("POST", LOGIN)[0], 200).validate(body)
    assert (body["token_type"], body["expires_in"]) == ("bearer", 86_400)
    claims = jwt.decode(
        str(body["access_token"]), SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False}
    )
    assert claims["sub"] == claims["userId"] == answer.at("user", "id")
    assert (claims["email"], claims["role"]) == ("jo@example.com", "admin")
    assert (claims["iat"], claims["exp"]) == (NOW, NOW + 86_400)
    assert body["user"] == {
        "id": claims["sub"], "email": "jo@example.com", "name": "Jo", "role": "admin", "plan": "pro",
    }  # fmt: skip


@pytest.mark.parametrize("path", [LOGIN, "/v1/auth/login"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"username=jo%40example.com&password=secret", 200),
        (b"username=jo%40example.com&password=wrong", 401),
        (b"username=jo%40example.com", 422),
        (b"password=secret", 422),
        (b"", 422),
        (b"\xff\xfe=%zz", 422),
    ],
)
def test_a_login_can_be_a_form(path: str, body: bytes, status: int) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert Bank(USERS).send(Request("POST", path, headers, body)).status == status


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "jo@example.com", "password": "wrong"}, 401, "invalid_credentials"),
        ({"email": "no@example.com", "password": "secret"}, 401, "invalid_credentials"),
        ({"email": "jo@example.com"}, 422, "validation_error"),
        ({"email": 7, "password": "secret"}, 422, "validation_error"),
        ({"email": "", "password": "secret"}, 422, "validation_error"),
    ],
)
def test_what_a_login_refuses(body: dict[str, object], status: int, code: str) -> None:
    answer = Bank(USERS).post(LOGIN, orjson.dumps(body))
    assert (answer.status, answer.json["code"]) == (status, code)


def test_without_accounts_anybody_can_log_in() -> None:
    bank = Bank()
    token = bank.log_in("anna@example.com", "whatever")["access_token"]
    me = bank.get(ME, token).json
    assert (me["email"], me["name"], me["role"]) == ("anna@example.com", "anna", "user")


def test_the_token_of_a_user_pays_from_his_account() -> None:
    bank = Bank(USERS)
    first, second = bank.log_in()["access_token"], bank.log_in()["access_token"]
    assert first != second
    assert bank.say(first, CHAT).status == 200
    assert bank.left(second) < 5
    assert bank.left(first) == bank.left(second)


def test_a_token_lives_24_hours_and_not_a_second_longer() -> None:
    bank = Bank()
    bank.now += 0.7
    token = bank.log_in()["access_token"]
    bank.now = NOW + 86_400 - 0.001
    assert bank.say(token).status == 200
    bank.now = NOW + 86_400
    answer = bank.say(token)
    assert (answer.status, answer.json["code"]) == (401, "token_expired")
    assert bank.send(Request("POST", MESSAGES, {"authorization": f"Bearer {token}"}, b"{")).status == 401
    assert bank.send(Request("POST", MESSAGES, {"x-api-key": token}, b"{")).status == 401


def part(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def changed(token: str, **claims: object) -> str:
    """Return the token with other claims under the old signature."""
    header, _, signature = token.split(".")
    return f"{header}.{part(claims_of(token) | claims)}.{signature}"


def signed(token: str, secret: bytes = SECRET, algorithm: str = "HS256", **claims: object) -> str:
    return jwt.encode(claims_of(token) | claims, secret, algorithm=algorithm)


WRONG: list[tuple[str, Callable[[str], str]]] = [
    ("token_malformed", lambda token: part({"alg": "HS256"}) + ".!!!.x"),
    ("token_malformed", lambda token: part({"alg": 7}) + "." + token.partition(".")[2]),
    ("token_unsigned", lambda token: part({"alg": "none"}) + "." + token.split(".")[1] + "."),
    ("token_unsigned", lambda token: part({"alg": "nOnE"}) + "." + token.split(".")[1] + ".x"),
    ("token_unsigned", lambda token: token.rpartition(".")[0] + "."),
    ("token_algorithm", lambda token: signed(token, SECRET * 2, "HS512")),
    ("token_algorithm", lambda token: part({"alg": "RS256"}) + "." + token.partition(".")[2]),
    ("token_signature", lambda token: changed(token, role="owner")),
    ("token_signature", lambda token: signed(token, b"another secret, thirty-two bytes!")),
    ("token_signature", lambda token: token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")),
    ("token_forged", lambda token: signed(token, exp=NOW + 10**9)),
    ("token_forged", lambda token: signed(token, userId="somebody_else")),
    ("token_forged", lambda token: signed(token, use="everything")),
    ("token_forged", lambda token: jwt.encode({"sub": "user"}, SECRET)),
]


@pytest.mark.parametrize(("code", "spoil"), WRONG, ids=[f"{n}-{code}" for n, (code, _) in enumerate(WRONG)])
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_every_way_to_be_wrong_has_its_own_code(code: str, spoil: Callable[[str], str], path: str) -> None:
    bank = Bank(USERS)
    token = spoil(bank.log_in()["access_token"])
    before = dict(bank.sessions)
    answer = bank.say(token, path)
    assert (answer.status, answer.json["code"]) == (401, code)
    assert token not in str(answer.json) + repr(answer.note)
    assert bank.sessions == before


def test_a_refresh_token_is_no_access_token() -> None:
    bank = Bank()
    assert bank.say(bank.log_in()["refresh_token"]).json["code"] == "token_use"


@pytest.mark.parametrize("how", ["body", "bearer", "body beside an expired bearer"])
@pytest.mark.parametrize("path", [REFRESH, "/v1/auth/refresh"])
def test_a_refresh_by_body_or_by_bearer_gives_new_tokens(how: str, path: str) -> None:
    bank = Bank(USERS)
    pair = bank.log_in()
    bank.now += 86_400
    if how == "body":
        answer = bank.post(path, {"refresh_token": pair["refresh_token"]})
    elif how == "bearer":
        answer = bank.post(path, b"", pair["refresh_token"])
    else:
        answer = bank.post(path, {"refresh_token": pair["refresh_token"]}, pair["access_token"])
    assert answer.status == 200, answer.json
    contract().response_validator(contract().find("POST", REFRESH)[0], 200).validate(answer.json)
    assert bank.get(ME, str(answer.json["access_token"])).json["name"] == "Jo"
    assert bank.get(ME, pair["access_token"]).json["code"] == "token_expired"


def test_what_a_refresh_refuses() -> None:
    bank = Bank(USERS)
    pair = bank.log_in()
    assert bank.post(REFRESH, b"").json["code"] == "missing_refresh_token"
    assert bank.post(REFRESH, {"refresh_token": "rt_unknown"}).status == 401
    assert bank.post(REFRESH, {"refresh_token": changed(pair["refresh_token"])[:-4] + "AAAA"}).status == 401
    bank.now += 30 * 86_400
    assert bank.post(REFRESH, {"refresh_token": pair["refresh_token"]}).json["code"] == "token_expired"


def test_logging_out_revokes_every_token_of_that_login_and_no_other() -> None:
    bank = Bank(USERS)
    pair, other = bank.log_in(), bank.log_in()
    again = bank.post(REFRESH, {"refresh_token": pair["refresh_token"]}).json
    assert bank.post(LOGOUT, b"", pair["access_token"]).json == {"message": "Logged out"}
    for token in (pair["access_token"], str(again["access_token"])):
        answer = bank.say(token)
        assert (answer.status, answer.json["code"]) == (401, "token_revoked")
    for answer in (
        bank.post(REFRESH, {"refresh_token": pair["refresh_token"]}),
        bank.post(REFRESH, b"", str(again["refresh_token"])),
    ):
        assert answer.json["code"] == "token_revoked"
    assert bank.say(other["access_token"]).status == 200
    bank.post(LOGOUT, b"", other["access_token"])
    assert bank.say(pair["access_token"]).json["code"] == "token_revoked"


def test_a_logout_is_forgotten_when_its_tokens_have_expired_anyway() -> None:
    bank = Bank(USERS)
    bank.post(LOGOUT, b"", bank.log_in()["access_token"])
    bank.now += 30 * 86_400
    bank.post(LOGOUT, b"", bank.log_in()["access_token"])
    assert sorted(len(session.revoked) for session in bank.sessions.values()) == [0, 1]


def test_an_api_key_is_somebody_too() -> None:
    bank = Bank("accounts: [{key: sk_a, plan: business, user: {email: jo@example.com, password: secret}}]")
    assert bank.get(ME, "sk_a").json["email"] == "jo@example.com"
    assert bank.get(ME, "sk_other").json["plan"] == "enterprise"
    assert bank.get(ME).status == 401
    assert bank.get(BALANCE, "sk_a").json["plan"] == "business"


def test_the_same_seed_issues_the_same_bytes_and_another_seed_others() -> None:
    def tokens_of(seed: str) -> dict[str, str]:
        bank = Bank()
        bank.accounts.secret = tokens.secret_of(seed)
        bank.sessions["anonymous"] = Session("anonymous", seed)
        return bank.log_in()

    assert tokens_of("0") == tokens_of("0")
    assert tokens_of("0")["access_token"] != tokens_of("1")["access_token"]
