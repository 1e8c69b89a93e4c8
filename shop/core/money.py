"""Money: a `Decimal` in the shop's currency. Rounded here and nowhere else."""

from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

# Digits after the point where they are not two. Source: ISO 4217, list one.
_EXPONENTS = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
            *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
}
# What a column holds: 24 digits, 4 of them after the point. A cart of ten thousand lines with a
# thousand copies each at the highest price fits in.
MAX_DIGITS = 24
DECIMAL_PLACES = 4
MAX_PRICE = Decimal(10) ** 12
MAX_TOTAL = Decimal(10) ** 19


def currency() -> str:
    """Return the shop's currency, a code of ISO 4217."""
    return str(settings.SHOP_CURRENCY)


def exponent(code: str) -> int:
    """Return how many digits after the point the currency `code` has."""
    return _EXPONENTS.get(code, 2)


def rounded(amount: Decimal, code: str) -> Decimal:
    """Return `amount` with as many decimals as the currency has, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-exponent(code)), rounding=ROUND_HALF_UP)


def text(amount: Decimal, code: str) -> str:
    """Return `amount` as the API writes it: `125000` in VND, `12.50` in EUR."""
    return f"{rounded(amount, code):f}"
