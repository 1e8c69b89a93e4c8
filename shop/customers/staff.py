"""Who is of the staff, and with which roles. What a role may do is not known here."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction

from shop.core.errors import NotFound
from shop.customers.models import Account


@transaction.atomic
def assign_roles(*, account_id: int, is_staff: bool, roles: Collection[str]) -> None:
    """Let somebody be of the staff, with these roles and no others, or no longer. May be repeated.

    It counts from their next request on. Who is not of the staff keeps no role.
    Raises NotFound when there is no such account that can log in, or no such role; superusers'
    accounts are not assigned anything.
    """
    rows = Account.objects.select_for_update().filter(is_active=True, is_superuser=False)
    account = rows.filter(pk=account_id).first()
    if account is None:
        raise NotFound("There is no such account.")
    groups = Group.objects.filter(name__in=roles if is_staff else ())
    if is_staff and len(groups) != len(set(roles)):
        raise NotFound("There is no such role.")
    account.is_staff = is_staff
    account.save(update_fields=["is_staff"])
    account.groups.set(groups)
