"""`manage.py ensure_admin`: let the user `admin` log in with the password of the environment."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.core.errors import Refused
from shop.customers import services as customers

USERNAME = "admin"
EMAIL = "admin@localhost.localdomain"
PASSWORD = "SHOP_ADMIN_PASSWORD"  # noqa: S105 (the name of a setting)


class Command(BaseCommand):
    """Let the user `admin` log in with the password of the environment."""

    help = f"Make the staff account {USERNAME}, or give it the password in {PASSWORD}."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 (Django's signature)
        """Make or update the account. May be repeated. Raises CommandError without a password."""
        password = os.environ.get(PASSWORD, "")
        if not password:
            raise CommandError(f"Set {PASSWORD}: the password of the staff account {USERNAME}.")
        try:
            customers.ensure_staff(username=USERNAME, email=EMAIL, password=password)
        except Refused as error:
            raise CommandError(
                f"The staff account {USERNAME} cannot be made: {error.detail}"
            ) from error
        self.stdout.write(f"staff account {USERNAME}: ready")
