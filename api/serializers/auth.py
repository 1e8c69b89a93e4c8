"""Logging in and out (1.2), passwords, sessions."""

from rest_framework import serializers

from api.serializers.base import Form, Shape
from api.serializers.fields import EmailField, SecretField, TextField, UtcDateTimeField


class LoginForm(Form):
    """A username, in any case, and its password."""

    username = TextField(max_length=254)
    password = TextField(max_length=1024)


class RefreshForm(Form):
    """The refresh token of a login."""

    refresh = SecretField(max_length=4096)


class TokensShape(Shape):
    """An access token, and the refresh token that gives the next pair, once."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class PasswordForm(Form):
    """The present password, and the one to take its place."""

    current_password = TextField(max_length=1024)
    new_password = TextField(max_length=1024)


class PasswordResetForm(Form):
    """The email address of an account, in any case."""

    email = EmailField()


class PasswordResetConfirmationForm(Form):
    """The token that was mailed, and the new password."""

    token = SecretField(max_length=256)
    new_password = TextField(max_length=1024)


class EmailVerificationConfirmationForm(Form):
    """The token that was mailed."""

    token = SecretField(max_length=256)


class SessionShape(Shape):
    """A login that goes on; used last when it began or was refreshed."""

    id = serializers.IntegerField()
    created_at = UtcDateTimeField()
    last_used_at = UtcDateTimeField()
    expires_at = UtcDateTimeField()
    address = serializers.IPAddressField(allow_null=True)
    user_agent = serializers.CharField(help_text="What the client calls itself.")
    current = serializers.BooleanField(help_text="Whether this request belongs to it.")
