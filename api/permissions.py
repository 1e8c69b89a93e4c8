"""Who may do what: customers what is theirs, staff what `api.roles` says.

What is another's does not exist for a customer: NotFound, so that ids cannot be probed. Nobody pays
for roles but staff who write: their groups are read once for a request.
"""

from typing import Any, ClassVar

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from api import roles
from api.roles import Operation
from shop.core.errors import NotFound


class IsStaff(BasePermission):
    """Only staff, and only to read: `401` without a token, `403` for a customer."""

    # What staff need a role for, on a view that does not only read.
    writes: ClassVar[Operation | None] = None

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        """Return whether the caller is staff. Raises RoleNeeded for others than those who write."""
        if request.method in SAFE_METHODS:
            return is_staff(request)
        if self.writes is None or not is_staff(request):
            return False
        require(request, self.writes)
        return True


def staff_who(operation: Operation) -> type[IsStaff]:
    """Return the permission of a view that all staff read, and on which those who may do this act.

    With others who read: `permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)`.
    """

    class Staff(IsStaff):
        writes = operation

    return Staff


def require(request: Request, operation: Operation) -> None:
    """Go on only for staff who may do this. Raises PermissionDenied; RoleNeeded for other staff."""
    if not is_staff(request):
        raise PermissionDenied
    if not roles.may(request.user, operation):
        raise roles.needed(operation)


def is_staff(request: Request) -> bool:
    """Return whether the caller is staff."""
    return roles.is_staff(request.user)


def caller_id(request: Request) -> int | None:
    """Return the id of the caller's account; None for anonymous callers."""
    return request.user.pk


def account_id(request: Request) -> int:
    """Return the id of the caller's account. Raises NotAuthenticated for anonymous callers."""
    if request.user.pk is None:
        raise NotAuthenticated
    return request.user.pk


def own_user_id(request: Request, user_id: int) -> int:
    """Return this customer's id if the caller may read what is theirs: themselves and staff.

    Raises NotFound otherwise. Whether the customer exists is only certain for themselves.
    """
    if customer_id(request) == user_id or is_staff(request):
        return user_id
    raise NotFound


def acting_for(request: Request, user_id: int, operation: Operation) -> int:
    """Return this customer's id if the caller may do this for them: themselves, and such staff.

    Raises NotFound; RoleNeeded for other staff, whether or not the customer exists.
    """
    if customer_id(request) != user_id:
        own_user_id(request, user_id)
        require(request, operation)
    return user_id


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
