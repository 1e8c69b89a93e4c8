import pytest
from django.test import Client

from tests.api import browsers, callers


@pytest.fixture
def anyone() -> callers.Caller:
    return callers.Caller()


@pytest.fixture
def customer(db: None) -> callers.Caller:
    return callers.new_customer()


@pytest.fixture
def staff(db: None) -> callers.Caller:
    return callers.new_staff()


@pytest.fixture
def clerk(db: None) -> Client:
    return browsers.new_clerk()


@pytest.fixture
def operator(db: None) -> Client:
    return browsers.new_operator()
