"""Registrations and customers (1.1, 4.x)."""

import re

from django.core.validators import RegexValidator
from rest_framework import serializers

from api.serializers.base import Form, Shape
from api.serializers.fields import EmailField, TextField

USERNAME = RegexValidator(
    re.compile(r"\A[\w.@+-]+\Z"), "Letters, digits and @ . + - _ are allowed, and nothing else."
)


class RegistrationForm(Form):
    """Everything that makes an account a customer."""

    username = TextField(max_length=150, validators=[USERNAME])
    password = TextField(max_length=1024)
    email = EmailField()
    address = TextField(max_length=300)
    city = TextField(max_length=100)
    country = TextField(max_length=100)
    first_name = TextField(max_length=150)
    last_name = TextField(max_length=150)


class CustomerForm(Form):
    """What to change of a customer's name and address."""

    address = TextField(max_length=300, required=False)
    city = TextField(max_length=100, required=False)
    country = TextField(max_length=100, required=False)
    first_name = TextField(max_length=150, required=False)
    last_name = TextField(max_length=150, required=False)


class CustomerShape(Shape):
    """A customer; staff who are none have no `user_id`, name or address."""

    user_id = serializers.IntegerField(allow_null=True)
    account_id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField()
    email_verified = serializers.BooleanField()
    first_name = serializers.CharField(allow_null=True)
    last_name = serializers.CharField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    city = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
