"""Who is calling: access tokens, and the pairs that a login gives out.

A token names its login (`sid`), and each request reads that login's row, so that logging out
ends its access tokens at once.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from shop.customers import selectors
from shop.customers.logins import InvalidToken

# The id of the login that a token belongs to. Source: OpenID Connect Back-Channel Logout, 2.1.
LOGIN_CLAIM = "sid"
MAX_LENGTH = 512
T = TypeVar("T", bound=Token)


class LoginAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; no such header: anonymous."""

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        """Return the caller's account, or None without a token. Raises AuthenticationFailed."""
        scheme, _, credentials = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            token = _access(credentials.strip())
        except InvalidToken as error:
            raise AuthenticationFailed from error
        account = selectors.account_of_login(login_id=login_id(token))
        if account is None:
            raise AuthenticationFailed
        return account, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Return what a `401` asks for."""
        return "Bearer"


class LoginScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """What the schema says of it."""

    target_class = LoginAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return OpenAPI's description of a bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def new_refresh_token() -> RefreshToken:
    """Return a fresh refresh token that does not belong to a login yet."""
    return RefreshToken()


def read_refresh_token(text: str) -> RefreshToken:
    """Return the refresh token that this text is. Raises InvalidToken when it is none or ended."""
    return _opened(RefreshToken, text.encode())


def pair(token: RefreshToken, *, login_id: int) -> dict[str, str]:
    """Return the refresh token and a new access token, both of this login."""
    token[LOGIN_CLAIM] = login_id
    return {"access": str(token.access_token), "refresh": str(token)}


def login_id(token: Token) -> int:
    """Return the id of the token's login."""
    return int(token[LOGIN_CLAIM])


def own_login_id(request: Request) -> int:
    """Return the id of the login whose access token came with the request.

    Raises NotAuthenticated where there was none.
    """
    if not isinstance(request.auth, AccessToken):
        raise NotAuthenticated
    return login_id(request.auth)


def jti(token: Token) -> UUID:
    """Return the token's own id."""
    return UUID(token["jti"])


def expires_at(token: Token) -> datetime:
    """Return the moment from which the token no longer works."""
    return datetime.fromtimestamp(token["exp"], UTC)


def _access(raw: bytes) -> AccessToken:
    """Return the access token that this is. Raises InvalidToken for anything else, or an ended one.

    A client sends the same one again and again: its signature is looked at once.
    """
    token = _signed(raw)
    if datetime.now(UTC) >= expires_at(token):
        raise InvalidToken
    return token


@lru_cache(maxsize=10_000)
def _signed(raw: bytes) -> AccessToken:
    return _opened(AccessToken, raw)


def _opened(kind: type[T], raw: bytes) -> T:
    """Return the token of this kind. Raises InvalidToken for anything else, or an ended one."""
    # Ours are far shorter; a longer one could nest its header deeper than Python can read it.
    if len(raw) > MAX_LENGTH:
        raise InvalidToken
    try:
        return kind(raw)  # type: ignore[arg-type]  # it takes an encoded token, whatever it says
    except TokenError as error:
        raise InvalidToken from error
