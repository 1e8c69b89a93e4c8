"""Money as the API writes it and as the tables hold it."""

from decimal import Decimal

import pytest
from django.db import connection

from shop.core import money


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        ("125000", "VND", "125000"),
        ("125000.0000", "VND", "125000"),
        ("12.5", "EUR", "12.50"),
        ("0", "EUR", "0.00"),
        ("1.2345", "KWD", "1.235"),
        ("0.005", "EUR", "0.01"),
    ],
)
def test_an_amount_has_as_many_decimals_as_its_currency(amount: str, code: str, text: str) -> None:
    assert money.text(Decimal(amount), code) == text


@pytest.mark.django_db
def test_the_largest_total_fits_into_its_column() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT numeric_precision - numeric_scale FROM information_schema.columns"
            " WHERE table_name = 'orders_order' AND column_name = 'total'"
        )
        (digits,) = cursor.fetchone()
    assert digits >= len(f"{money.MAX_TOTAL:f}")
