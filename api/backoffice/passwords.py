"""Passwords at the back office's door."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from api.clients import address_of
from shop.customers import guessing
from shop.customers.models import Account


class GuardedBackend(ModelBackend):
    """Django's way to log in with a password, whose guesses are counted with the API's."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the account, or None. Raises TooManyAttempts."""
        if request is None or username is None or password is None:
            return None
        account = Account.objects.named(username).first()
        address = address_of(request)
        guess = guessing.count(account=account, username=username, address=address)
        found = super().authenticate(request, username, password, **kwargs)
        if found is not None:
            guessing.forget(guess)
        return found
