"""Tables of accounts, customers and logins, with the rules that hold whatever the code does."""

from functools import cached_property
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Least, Lower, Now

from shop.customers.purposes import Purpose


class Accounts(BaseUserManager["Account"]):
    """Look accounts up by username, whatever its case; Django's login and admin use this."""

    def named(self, username: str) -> models.QuerySet["Account"]:
        """Return the accounts of this username: one or none."""
        # LOWER() on both sides, in the database: the index has LOWER, `iexact` would say UPPER.
        return self.alias(folded=Lower("username")).filter(folded=Lower(models.Value(username)))

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Return the account of this username. Raises Account.DoesNotExist when there is none."""
        return self.named(username or "").get()


class Account(AbstractBaseUser, PermissionsMixin):
    """Who may log in (4.1). Usernames and emails are unique without regard to case."""

    username = models.CharField(max_length=150)
    email = models.EmailField(max_length=254)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # The registration that made it; null where a command did.
    job_id = models.UUIDField(null=True, editable=False, unique=True)
    # Since when it is known that the account's owner reads what is sent to `email`.
    email_verified_at = models.DateTimeField(null=True, editable=False)
    # Since when it holds nothing of the person whose it was.
    erased_at = models.DateTimeField(null=True, editable=False)
    # Django's way to leave the column out: each login is a row of its own.
    last_login = None

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    objects = Accounts()

    class Meta:
        constraints: ClassVar = [
            # The second says the same and more; Django's checks ask for the first (auth.E003).
            models.UniqueConstraint(fields=["username"], name="account_username_exact"),
            models.UniqueConstraint(Lower("username"), name="account_username_unique"),
            models.UniqueConstraint(Lower("email"), name="account_email_unique"),
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(is_active=False),
                name="account_erased_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def customer_id(self) -> int | None:
        """The id of the customer whose account it is: the API's `user_id`; None for other staff."""
        customer: Customer | None = getattr(self, "customer", None)
        return customer.pk if customer else None

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles of somebody of the staff: one query, once, and for customers none."""
        return frozenset(self.groups.values_list("name", flat=True) if self.is_staff else ())


class FullName(models.Model):
    """A customer's name (4.3)."""

    first_name = models.CharField(max_length=150)
    last_name = models.CharField(max_length=150)
    job_id = models.UUIDField(null=True, editable=False, unique=True)

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Address(models.Model):
    """Where a customer's orders go (4.4)."""

    address = models.CharField(max_length=300)
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=100)
    job_id = models.UUIDField(null=True, editable=False, unique=True)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return f"{self.address}, {self.city}, {self.country}"


class Customer(models.Model):
    """Who buys (4.5): an account with a name and an address. Its id is the API's `user_id`."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT)
    fullname = models.OneToOneField(FullName, on_delete=models.PROTECT)
    address = models.OneToOneField(Address, on_delete=models.PROTECT)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    job_id = models.UUIDField(null=True, editable=False, unique=True)

    def __str__(self) -> str:
        return f"customer {self.pk}"


class Login(models.Model):
    """One login of an account, which its tokens name: they end with it.

    `refresh_jti` is the id of the one refresh token that still works. Where it was used last, and
    with which client, is noted when it begins and when it is refreshed, never in between.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    refresh_jti = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        # In PostgreSQL the earlier of a time and of none is the time.
        indexes: ClassVar = [models.Index(Least("ended_at", "expires_at"), name="login_end")]

    def __str__(self) -> str:
        return f"login {self.pk}"


class MailedToken(models.Model):
    """A token that stands in a letter to an account's owner, and here only as a keyed digest.

    It works once: its row goes with its use.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=32, choices=Purpose)
    digest = models.BinaryField(unique=True)
    # The job that mails it.
    job_id = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=Purpose.values), name="mailed_token_purpose_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class Guesses(models.Model):
    """How often in a row passwords were guessed wrong: of one account, from one address, or both.

    Of which is not stored, only a keyed digest: what was typed for a username may be a password.
    """

    digest = models.BinaryField(primary_key=True)
    number = models.PositiveIntegerField(default=0)
    # When the next guess is looked at.
    next_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name_plural = "guesses"

    def __str__(self) -> str:
        return f"{self.number} guesses"
