"""Who may do what: staff everything, customers what is theirs.

What is another's does not exist for a customer: NotFound, so that ids cannot be probed.
"""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shop.core.errors import NotFound


class IsStaff(BasePermission):
    """Only staff: `401` without a token, `403` for a customer."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        """Return whether the caller is staff."""
        return is_staff(request)


def is_staff(request: Request) -> bool:
    """Return whether the caller is staff."""
    return bool(request.user.is_authenticated and request.user.is_staff)


def caller_id(request: Request) -> int | None:
    """Return the id of the caller's account; None for anonymous callers."""
    return request.user.pk


def account_id(request: Request) -> int:
    """Return the id of the caller's account. Raises NotAuthenticated for anonymous callers."""
    if request.user.pk is None:
        raise NotAuthenticated
    return request.user.pk


def own_user_id(request: Request, user_id: int) -> int:
    """Return this customer's id if the caller may act for them: themselves and staff.

    Raises NotFound otherwise. Whether the customer exists is only certain for themselves.
    """
    if is_staff(request) or (request.user.is_authenticated and request.user.customer_id == user_id):
        return user_id
    raise NotFound


def listed_user_id(request: Request, user_id: int | None) -> int | None:
    """Return whose things `?user_id=` lists: left out, one's own, and for staff None: all.

    Raises NotFound for another's.
    """
    if user_id is not None:
        return own_user_id(request, user_id)
    return None if is_staff(request) else buyer_id(request)


def customer_id(request: Request) -> int | None:
    """Return the id of the customer who calls; None for anonymous callers and other staff."""
    return request.user.customer_id if request.user.is_authenticated else None


def buyer_id(request: Request) -> int:
    """Return the id of the customer who calls. Raises NotFound for staff who are no customer."""
    found = customer_id(request)
    if found is None:
        raise NotFound
    return found


def reachable_user_id(request: Request) -> int | None:
    """Return whose things the caller may read: their own, and for staff None: everybody's.

    Raises NotFound for those who are neither.
    """
    return listed_user_id(request, None)
