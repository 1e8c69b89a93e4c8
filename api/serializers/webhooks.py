"""What a provider sends, and what it is answered."""

from typing import Any

from rest_framework import serializers

from api.serializers.base import Shape


class WebhookShape(serializers.Serializer[Any]):
    """A message as the sandbox writes it; other providers have their own."""

    type = serializers.CharField()
    timestamp = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]  # what it is called there


class ReceivedShape(Shape):
    """The message is known."""

    received = serializers.BooleanField()
