"""The sandbox's rules: one act for each key, and a void that forbids a charge to come."""

from decimal import Decimal
from uuid import uuid4

import pytest

from shop.core.errors import NotFound
from shop.payments import providers
from shop.payments.providers import Charge, PaymentDeclined, PaymentVoided, ProviderUnavailable
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


def test_what_was_never_asked_for_is_not_found(key: str) -> None:
    with pytest.raises(NotFound):
        SANDBOX.look_up(key=key)


def test_a_method_leads_to_its_provider() -> None:
    assert providers.provider_for(method="card").name == "sandbox"
    with pytest.raises(providers.UnknownMethod):
        providers.provider_for(method="barter")
    with pytest.raises(NotFound):
        providers.provider(name="nobody")
