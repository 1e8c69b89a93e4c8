"""Customers are reminded once of what they left in their carts."""

import pytest

from shop.carts import services as carts
from tasks.engine.models import Job
from tests.shopping import at_once
from tests.workflows.cases import new_book, new_customer, run, scheduled, visible, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cart() -> tuple[int, int]:
    """A customer with three copies of a book in the cart, and the book."""
    user_id, book_id = new_customer(), new_book()
    carts.add_item(user_id=user_id, product_id=book_id, quantity=3)
    return user_id, book_id


def leave(time: str = "25 hours") -> None:
    write(f"UPDATE carts_cartitem SET changed_at = changed_at - interval '{time}'")  # noqa: S608
    write(f"UPDATE carts_cart SET reminded_at = reminded_at - interval '{time}'")  # noqa: S608


def remind() -> int:
    job = run(scheduled("abandoned_carts"))
    assert job.result is not None
    return int(job.result["carts"])


def test_a_customer_is_reminded_once_in_the_app_and_by_mail(cart: tuple[int, int]) -> None:
    leave()
    assert remind() == 1
    assert visible()["notifications"] == [("Your cart is waiting", cart[0])]
    [mail] = Job.objects.filter(kind="notification")
    assert "You left 3 copies in your cart." in mail.input["body"]
    assert mail.beneficiary_id is not None
    assert remind() == 0
    leave()
    assert remind() == 0


def test_two_runs_at_once_remind_once(cart: tuple[int, int]) -> None:
    leave()
    jobs = at_once(run, [scheduled("abandoned_carts") for _ in range(6)])
    assert sum(job.result["carts"] for job in jobs if job.result) == 1
    assert len(visible()["notifications"]) == 1


def test_a_cart_that_somebody_touched_today_is_not_abandoned(cart: tuple[int, int]) -> None:
    leave("23 hours")
    assert remind() == 0


@pytest.mark.parametrize("change", ["add", "remove", "set", "put back"])
def test_every_change_of_a_line_is_a_touch(cart: tuple[int, int], change: str) -> None:
    user_id, book_id = cart
    leave()
    if change == "add":
        carts.add_item(user_id=user_id, product_id=book_id, quantity=1)
    elif change == "remove":
        carts.remove_item(user_id=user_id, product_id=book_id, quantity=1)
    elif change == "set":
        carts.set_item(user_id=user_id, product_id=book_id, quantity=7)
    else:
        [line] = carts.take_lines(user_id=user_id)
        carts.put_back(user_id=user_id, lines=[line])
    assert remind() == 0
    leave()
    assert remind() == 1


def test_who_comes_back_and_leaves_again_is_reminded_again(cart: tuple[int, int]) -> None:
    leave()
    assert remind() == 1
    leave()
    carts.add_item(user_id=cart[0], product_id=new_book(), quantity=1)
    leave()
    assert remind() == 1


def test_empty_carts_forgotten_ones_and_those_of_closed_accounts_are_left_alone(
    cart: tuple[int, int],
) -> None:
    new_customer()
    leave("8 days")
    assert remind() == 0
    write("UPDATE carts_cartitem SET changed_at = now() - interval '2 days'")
    write("UPDATE customers_account SET is_active = false")
    assert remind() == 0
    write("UPDATE customers_account SET is_active = true")
    assert remind() == 1
