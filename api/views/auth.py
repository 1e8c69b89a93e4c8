"""Log in, go on, log out (1.2)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api import authentication as tokens
from api.clients import client_of
from api.schema import answers
from api.serializers.auth import LoginForm, RefreshForm, TokensShape
from api.views.base import OpenView
from shop.customers import logins
from shop.customers.guessing import TooManyAttempts

# An answer that holds tokens is for nobody's cache. Source: RFC 6749, 5.1.
NO_STORE = {"Cache-Control": "no-store"}


class TokenView(OpenView):
    """What works whatever access token comes along, also one that has ended."""

    authentication_classes = ()


class LoginView(TokenView):
    """Start a login."""

    throttle = "login"

    @answers(
        TokensShape,
        LoginForm,
        summary="Log in",
        refuses=(logins.InvalidCredentials, TooManyAttempts),
    )
    def post(self, request: Request) -> Response:
        """Answer a pair of tokens for a username and its password.

        After some wrong passwords in a row the answer is `too_many_attempts`, and each time it is
        longer until the next one is looked at: see `Retry-After`.
        """
        form = LoginForm.parse(request)
        token = tokens.new_refresh_token()
        login_id = logins.start(
            username=form["username"],
            password=form["password"],
            refresh_jti=tokens.jti(token),
            expires_at=tokens.expires_at(token),
            client=client_of(request),
        )
        return Response(tokens.pair(token, login_id=login_id), headers=NO_STORE)


class RefreshView(TokenView):
    """Continue a login."""

    @answers(TokensShape, RefreshForm, summary="Continue a login", refuses=(logins.InvalidToken,))
    def post(self, request: Request) -> Response:
        """Answer a new pair of tokens; the old refresh token has done its work.

        One that comes again may be stolen, so that ends the login, for whoever has the new one as
        well. So send one of these requests at a time; if its answer is lost, log in again.
        """
        old = tokens.read_refresh_token(RefreshForm.parse(request)["refresh"])
        new = tokens.new_refresh_token()
        logins.rotate(
            login_id=tokens.login_id(old),
            refresh_jti=tokens.jti(old),
            new_refresh_jti=tokens.jti(new),
            expires_at=tokens.expires_at(new),
            client=client_of(request),
        )
        return Response(tokens.pair(new, login_id=tokens.login_id(old)), headers=NO_STORE)


class LogoutView(TokenView):
    """End a login."""

    @answers(None, RefreshForm, status=204, summary="Log out", refuses=(logins.InvalidToken,))
    def post(self, request: Request) -> Response:
        """End this login with its tokens; others of the account go on."""
        token = tokens.read_refresh_token(RefreshForm.parse(request)["refresh"])
        logins.end(login_id=tokens.login_id(token), refresh_jti=tokens.jti(token))
        return Response(status=204)
