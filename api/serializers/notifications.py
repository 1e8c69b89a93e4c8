"""Notifications (7)."""

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers.base import Form, Shape
from api.serializers.fields import BooleanField, CustomerIdField, TextField, UtcDateTimeField


class NotificationQuery(PageQuery):
    """Which notifications to list."""

    user_id = CustomerIdField(required=False)
    unread = BooleanField(required=False)


class NotificationForm(Form):
    """What to tell whom."""

    user_id = CustomerIdField()
    subject = TextField(max_length=200)
    body = TextField(max_length=10_000, multiline=True)


class NotificationShape(Shape):
    """Something that a customer was told."""

    id = serializers.IntegerField()
    user_id = serializers.IntegerField(source="customer_id")
    order_id = serializers.IntegerField(allow_null=True)
    subject = serializers.CharField()
    body = serializers.CharField()
    read = serializers.BooleanField(source="is_read")
    created_at = UtcDateTimeField()
