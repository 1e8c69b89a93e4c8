"""`manage.py generate`: what it makes is what the shop itself would have made."""

from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from shop.carts import services as carts
from shop.catalog import selectors as catalog
from shop.catalog.models import Product
from shop.customers.hashing import password_fits
from shop.customers.models import Account, Customer
from shop.inventory import selectors as inventory
from shop.orders.models import Order
from tasks.engine.models import Job, State
from tasks.generator import growing
from tests.api.callers import log_in
from tests.workflows.cases import checkout, new_customer, run

pytestmark = pytest.mark.django_db(transaction=True)
SMALL = {"books": 60, "customers": 40, "orders": 400, "jobs": 700}


def generate(**options: Any) -> list[str]:
    out = StringIO()
    call_command("generate", stdout=out, **{**SMALL, **options})
    return out.getvalue().splitlines()


def verified() -> None:
    """Raise CommandError where the books do not add up."""
    call_command("verify", stdout=StringIO())


def test_what_is_made_adds_up_and_can_be_used_like_anything_else() -> None:
    lines = generate()
    assert lines[0] == "books: 60 of 60"
    assert lines[-1] == "There are 60 books, 40 customers, 400 orders, 700 jobs."
    verified()
    statuses = Counter(Order.objects.values_list("status", flat=True))
    assert {"delivered", "returned", "cancelled", "failed", "shipped", "paid"} <= set(statuses)
    kinds = Counter(Job.objects.values_list("kind", "state"))
    assert kinds["checkout", "succeeded"] + kinds["checkout", "failed"] == 350
    assert kinds["notification", "succeeded"] > 300

    for book in catalog.books()[:20]:
        term = f"{book.product.title} {book.author.author_name} {book.category.category_name}"
        assert book in catalog.books(search_term=term)

    order = Order.objects.filter(status="delivered").last()
    assert order is not None
    reader = log_in(order.customer.account)
    shown = reader.get(f"orders/{order.pk}").json()
    assert [event["status"] for event in shown["history"]][-1] == "delivered"
    assert shown["payment"]["status"] == "captured"
    job = reader.get(f"jobs/{order.job_id}").json()
    assert (job["state"], job["result"]["order_id"]) == ("succeeded", order.pk)
    told = reader.get("notifications").json()["results"]
    assert f"Order {order.pk} is paid" in [one["subject"] for one in told]

    item = next(one for one in catalog.books() if inventory.available(product_ids=[one.pk])[one.pk])
    carts.add_item(user_id=order.customer_id, product_id=item.pk, quantity=1)
    assert run(checkout(user_id=order.customer_id)).state == State.SUCCEEDED
    verified()


def test_it_goes_on_with_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(growing.BATCHES, "orders", 25)

    def interrupt(what: str, there: int, wanted: int) -> None:
        if what == "orders" and there >= 75:
            raise KeyboardInterrupt

    size = growing.Size(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        growing.grow(size=size, seed=1, tell=interrupt)
    assert Order.objects.count() == 75
    verified()
    assert generate()[0].startswith("orders: ")
    assert growing.counts() == SMALL
    verified()
    # And beyond, when more is wanted.
    generate(books=70, customers=50, orders=450, jobs=800)
    verified()
    assert growing.counts() == {"books": 70, "customers": 50, "orders": 450, "jobs": 800}
    # Only what was bought today waits for its copies, whenever the shop was grown.
    waiting = Order.objects.filter(status__in=["paid", "processing"])
    assert 0 < waiting.count() < 15
    assert Order.objects.dates("created_at", "month").count() >= 20


def test_the_same_seed_makes_the_same_books_and_nobody_can_log_in() -> None:
    generate(orders=0, jobs=0)
    titles = list(Product.objects.order_by("pk").values_list("title", flat=True))
    account = Account.objects.first()
    assert account is not None
    assert not any(password_fits(account=account, password=word) for word in ("!", "", "reader"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_account WHERE password <> '!'")
        assert cursor.fetchone() == (0,)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM inventory_movement; DELETE FROM inventory_stock;"
            " UPDATE inventory_room SET on_hand = 0;"
            " DELETE FROM catalog_book; DELETE FROM catalog_product"
        )
    generate(orders=0, jobs=0)
    assert list(Product.objects.order_by("pk").values_list("title", flat=True)) == titles


def test_a_shop_that_is_no_trial_is_left_alone(settings: Settings) -> None:
    nothing = dict.fromkeys(SMALL, 0)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with pytest.raises(CommandError, match="it sends mail"):
        generate(among_real_customers=True)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SHOP_PUBLIC_URL = "https://books.example.com"
    with pytest.raises(CommandError, match="others may reach it"):
        generate(among_real_customers=True)
    settings.SHOP_PUBLIC_URL = "http://127.0.0.1:8000"
    settings.SHOP_CURRENCY = "EUR"
    with pytest.raises(CommandError, match="in VND"):
        generate()
    settings.SHOP_CURRENCY = "VND"
    assert growing.counts() == nothing


def test_real_customers_are_not_mixed_with_others_by_mistake() -> None:
    new_customer()  # At example.com, which is nobody's.
    generate(books=0, customers=0, orders=0, jobs=0)
    Account.objects.update(email="somebody@bookshop.vn")
    with pytest.raises(CommandError, match="1 customers of this shop have addresses"):
        generate(books=5, customers=5, orders=0, jobs=0)
    assert Customer.objects.count() == 1
    generate(books=5, customers=5, orders=0, jobs=0, among_real_customers=True)
    assert Customer.objects.count() == 5


def test_what_cannot_be_is_a_clear_line() -> None:
    with pytest.raises(CommandError, match="Orders need customers"):
        generate(books=0, customers=0, orders=5, jobs=0)
