"""Who asks: accounts of every role. Runs in a process of its own, on the shop's database."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.core.management import call_command

from shop.customers.models import Account
from tests.journeys import seed

# How often a role can lose its account: each may delete it, or end its login.
CUSTOMERS = 120
STAFF = 12
# Of other people, so that there is somebody to find and to close.
OTHERS = 40
PRODUCTS = 40


def main() -> None:
    """Fill an empty database; print who and what is there, as JSON."""
    call_command("migrate", verbosity=0, interactive=False)
    filled = seed.fill(CUSTOMERS + OTHERS, PRODUCTS)
    buyers = [
        {"user_id": user_id, "token": token} for user_id, token in filled["customers"][:CUSTOMERS]
    ]
    roles: dict[str, list[Any]] = {
        "anonymous": [],
        "customer": buyers,
        "staff": _staff("clerk"),
        "superuser": _staff("owner", is_superuser=True),
    }
    for group in Group.objects.order_by("name"):
        roles[group.name] = _staff(group.name, groups=[group])
    answer = {"roles": roles, "products": filled["products"]}
    sys.stdout.write(f"{json.dumps(answer)}\n")


def _staff(
    name: str, *, is_superuser: bool = False, groups: Sequence[Group] = ()
) -> list[dict[str, Any]]:
    """Make staff that no password opens; return their tokens."""
    made = [
        Account.objects.create(
            username=f"{name}{number}",
            email=f"{name}{number}@example.org",
            password="!",
            is_staff=True,
            is_superuser=is_superuser,
        )
        for number in range(STAFF)
    ]
    for account in made:
        account.groups.set(groups)
    return [{"user_id": 0, "token": token} for token in seed.access_tokens(made)]
