"""The sandbox's rules: one act for each key, and a void that forbids a charge to come."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from shop.core.errors import NotFound
from shop.payments import providers
from shop.payments.providers import (
    Charge,
    CustomerMustAct,
    PaymentDeclined,
    PaymentVoided,
    ProviderUnavailable,
)
from shop.payments.sandbox import pages
from shop.payments.sandbox.models import Entry
from shop.payments.sandbox.provider import RefundTooLarge

pytestmark = pytest.mark.django_db
SANDBOX = providers.provider(name="sandbox")


@pytest.fixture
def key() -> str:
    return f"{uuid4()}:take_payment"


def capture(key: str, token: str = "tok_ok") -> Charge:
    return SANDBOX.capture(key=key, amount=Decimal(125_000), currency="VND", token=token)


def test_a_charge_is_made_once_for_each_key(key: str) -> None:
    assert capture(key) == capture(key) == SANDBOX.look_up(key=key)
    assert SANDBOX.look_up(key=key).amount == Decimal(125_000)
    assert SANDBOX.look_up(key=key).status == "captured"


@pytest.mark.parametrize("token", ["tok_declined", "tok_insufficient_funds", "tok_unheard_of"])
def test_a_declined_charge_stays_declined_under_its_key(key: str, token: str) -> None:
    for again in (token, "tok_ok"):
        with pytest.raises(PaymentDeclined):
            capture(key, again)
    assert SANDBOX.void(key=key).status == "declined"


def test_a_flaky_card_fails_twice_and_is_charged_at_the_third_attempt(key: str) -> None:
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            capture(key, "tok_flaky")
        assert SANDBOX.look_up(key=key).status == "open"
    assert capture(key, "tok_flaky").status == "captured"


def test_a_lost_answer_was_a_charge_and_is_told_when_asked_again(key: str) -> None:
    with pytest.raises(ProviderUnavailable):
        capture(key, "tok_timeout")
    assert SANDBOX.look_up(key=key).status == "captured"
    assert capture(key, "tok_timeout").status == "captured"


def test_a_void_takes_a_charge_back(key: str) -> None:
    capture(key)
    assert SANDBOX.void(key=key).status == SANDBOX.void(key=key).status == "voided"


def test_a_void_before_the_charge_forbids_it_for_good(key: str) -> None:
    assert SANDBOX.void(key=key).status == "voided"
    for _ in range(2):
        with pytest.raises(PaymentVoided):
            capture(key)
    assert SANDBOX.look_up(key=key).amount == 0


def test_refunds_add_up_to_the_charge_and_each_is_made_once(key: str) -> None:
    capture(key)
    for _ in range(2):
        part = SANDBOX.refund(key="first", charge_key=key, amount=Decimal(100_000))
    assert (part.status, part.refunded) == ("captured", Decimal(100_000))
    with pytest.raises(RefundTooLarge):
        SANDBOX.refund(key="second", charge_key=key, amount=Decimal(25_001))
    whole = SANDBOX.refund(key="third", charge_key=key, amount=Decimal(25_000))
    assert whole.status == "refunded"


def page_of(key: str) -> UUID:
    """Return the page to which the sandbox sends the customer."""
    with pytest.raises(CustomerMustAct) as caught:
        capture(key, "tok_redirect")
    before, _, page_id = caught.value.url.rpartition("/")
    assert before == "http://127.0.0.1:8000/sandbox/payments"
    return UUID(page_id)


def test_a_redirected_card_waits_at_one_page_until_the_customer_has_paid(key: str) -> None:
    page_id = page_of(key)
    assert page_of(key) == page_id
    assert SANDBOX.look_up(key=key).status == "pending"
    assert pages.decide(page_id=page_id, outcome="paid")[1]
    assert capture(key, "tok_redirect").status == SANDBOX.look_up(key=key).status == "captured"


def test_what_the_customer_declined_stays_declined(key: str) -> None:
    page_id = page_of(key)
    pages.decide(page_id=page_id, outcome="declined")
    for token in ("tok_redirect", "tok_ok"):
        with pytest.raises(PaymentDeclined):
            capture(key, token)
    assert SANDBOX.void(key=key).status == "declined"


def test_the_first_outcome_stands(key: str) -> None:
    page_id = page_of(key)
    for outcome, is_news in (("declined", True), ("paid", False), ("declined", False)):
        page, news = pages.decide(page_id=page_id, outcome=outcome)
        assert (page.outcome, news) == ("declined", is_news)


def test_pages_cannot_be_told_from_each_other(key: str) -> None:
    page_id = page_of(key)
    assert page_id.version == 4
    assert page_of(f"{key}2") != page_id
    with pytest.raises(NotFound):
        pages.page(page_id=uuid4())


def test_links_begin_with_the_shops_public_address(key: str, settings: Settings) -> None:
    settings.SHOP_PUBLIC_URL = "https://books.example.com"
    with pytest.raises(CustomerMustAct) as caught:
        capture(key, "tok_redirect")
    assert caught.value.url.startswith("https://books.example.com/sandbox/payments/")


def test_a_void_while_the_customer_is_away_forbids_the_charge(key: str) -> None:
    page_id = page_of(key)
    assert SANDBOX.void(key=key).status == "voided"
    with pytest.raises(PaymentVoided):
        capture(key, "tok_redirect")
    assert pages.page(page_id=page_id).is_off


def test_a_void_after_the_customer_has_paid_gives_the_money_back(key: str) -> None:
    pages.decide(page_id=page_of(key), outcome="paid")
    assert SANDBOX.void(key=key).status == SANDBOX.look_up(key=key).status == "voided"


def test_a_bank_takes_the_money_although_the_shop_has_called_it_off(key: str) -> None:
    page_id = page_of(key)
    SANDBOX.void(key=key)
    page, is_news = pages.decide(page_id=page_id, outcome="paid")
    assert (page.outcome, page.is_off, is_news) == ("paid", True, True)
    assert SANDBOX.look_up(key=key).status == "captured"
    # Late copies of what the shop asked before change nothing about it.
    assert SANDBOX.void(key=key).status == "voided"
    for token in ("tok_redirect", "tok_ok"):
        with pytest.raises(PaymentVoided):
            capture(key, token)
    assert SANDBOX.look_up(key=key).status == "captured"
    assert SANDBOX.refund(key="r", charge_key=key, amount=Decimal(125_000)).status == "refunded"


def test_what_is_declined_after_the_shop_called_it_off_moves_nothing(key: str) -> None:
    page_id = page_of(key)
    SANDBOX.void(key=key)
    pages.decide(page_id=page_id, outcome="declined")
    pages.decide(page_id=page_id, outcome="paid")
    assert SANDBOX.look_up(key=key).status == "voided"


@pytest.mark.parametrize(
    "change", [{"outcome": "paid"}, {"outcome": "maybe"}, {"is_late": True}], ids=str
)
def test_the_books_hold_no_outcome_that_cannot_be(key: str, change: dict[str, object]) -> None:
    page_of(key)
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(key=key).update(**change)


def test_what_was_never_asked_for_is_not_found(key: str) -> None:
    with pytest.raises(NotFound):
        SANDBOX.look_up(key=key)


def test_a_method_leads_to_its_provider() -> None:
    assert providers.provider_for(method="card").name == "sandbox"
    with pytest.raises(providers.UnknownMethod):
        providers.provider_for(method="barter")
    with pytest.raises(NotFound):
        providers.provider(name="nobody")
