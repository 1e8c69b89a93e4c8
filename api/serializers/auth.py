"""Logging in and out (1.2)."""

from rest_framework import serializers

from api.serializers.base import Form, Shape
from api.serializers.fields import SecretField, TextField


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
