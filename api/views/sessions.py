"""The caller's logins: to look at, and to end (1.2)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api import authentication as tokens
from api.pagination import PageQuery, page
from api.permissions import account_id
from api.schema import answers, page_of
from api.serializers.auth import SessionShape
from api.serializers.base import Nothing
from api.views.base import View
from shop.customers import logins


class SessionsView(View):
    """The caller's logins."""

    query: ClassVar = PageQuery

    @answers(page_of(SessionShape), summary="List one's logins")
    def get(self, request: Request) -> Response:
        """List the logins of the caller's account that go on, newest first.

        `address` and `user_agent` are those with which a login began or was refreshed last.
        """
        rows = logins.open_logins(account_id=account_id(request))
        current = tokens.own_login_id(request)
        return page(request, rows, order=("-id",), render=lambda found: render(found, current))

    @answers(None, status=204, summary="End one's other logins")
    def delete(self, request: Request) -> Response:
        """End all logins of the caller's account but this one, with their tokens."""
        caller = account_id(request)
        Nothing.parse(request)
        logins.end_all(account_id=caller, but=tokens.own_login_id(request))
        return Response(status=204)


class SessionView(View):
    """One of the caller's logins."""

    @answers(None, status=204, summary="End a login")
    def delete(self, request: Request, session_id: int) -> Response:
        """End a login of the caller's account with its tokens; this one, too."""
        caller = account_id(request)
        Nothing.parse(request)
        logins.end_one(account_id=caller, login_id=session_id)
        return Response(status=204)


def render(found: Sequence[Any], current: int) -> list[dict[str, Any]]:
    """Return logins as JSON, and of which the request is."""
    return SessionShape.render_many(
        {
            "id": login.pk,
            "created_at": login.created_at,
            "last_used_at": login.last_used_at,
            "expires_at": login.expires_at,
            "address": login.address,
            "user_agent": login.user_agent,
            "current": login.pk == current,
        }
        for login in found
    )
