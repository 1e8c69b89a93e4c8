import pytest

from tests.api import callers


@pytest.fixture
def anyone() -> callers.Caller:
    return callers.Caller()


@pytest.fixture
def customer(db: None) -> callers.Caller:
    return callers.new_customer()


@pytest.fixture
def staff(db: None) -> callers.Caller:
    return callers.new_staff()
