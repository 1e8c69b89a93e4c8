"""What tokens are mailed for."""

from django.db.models import TextChoices


class Purpose(TextChoices):
    """What a mailed token is good for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 (a word)
    EMAIL_VERIFICATION = "email_verification"
