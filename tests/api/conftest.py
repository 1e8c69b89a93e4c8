import pytest
from django.test import Client

from api import throttling
from tests.api import browsers, callers


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all tests, who call from one address, call more often in a minute than one may."""
    monkeypatch.setattr(throttling, "RATES", dict.fromkeys(throttling.RATES, 1_000_000))


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
