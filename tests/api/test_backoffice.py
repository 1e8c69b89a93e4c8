"""The back office shows staff everything but secrets; what it changes, jobs and services change."""

import re
from contextlib import closing
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from api import throttling
from shop.catalog import services as catalog
from shop.customers.models import Account
from shop.payments.models import Event, Payment, PaymentStatus, Refund
from tests.api.browsers import log_in
from tests.api.callers import new_account
from tests.shopping import bought, fill, new_buyer
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db

TABLES = [
    *("catalog/author", "catalog/category", "catalog/product", "catalog/book"),
    *("catalog/electronics", "catalog/clothes"),
    *("customers/account", "customers/customer", "customers/fullname", "customers/address"),
    *("customers/login", "carts/cart"),
    *("inventory/warehouse", "inventory/room", "inventory/stock", "inventory/reservation"),
    *("inventory/movement", "orders/order", "payments/payment", "payments/refund"),
    *("payments/event", "sandbox/entry", "notifications/notification", "jobs/job"),
    *("django_celery_beat/periodictask", "django_celery_beat/crontabschedule"),
    "django_celery_beat/intervalschedule",
]
EDITED = "django_celery_beat/periodictask"
ADDED_TO = [f"catalog/{name}" for name in ("author", "category", "book", "electronics", "clothes")]
EXTERNAL = re.compile(rb"""(?:(?:src|href|action)=["']|url\(["']?)(?:https?:)?//[^"')]*""")


def buy() -> dict[str, Any]:
    """Have something of everything: a purchase above all, whose order this returns."""
    buyer = new_buyer()
    order = bought(buyer)
    fill(buyer, {new_book(): 1})
    Refund.objects.create(payment_id=order["payment"]["id"], key=str(uuid4()), amount=1)
    Event.objects.create(provider="sandbox", event_id=str(uuid4()), kind="charge.captured")
    catalog.create_electronics(name="Lamp", brand="x", model="x", price=Decimal(1))
    catalog.create_clothes(name="Shirt", brand="x", size="M", color="red", price=Decimal(1))
    return order


def test_every_table_of_the_shop_is_there() -> None:
    registered = {
        f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry
    }
    assert registered == set(TABLES)


def test_staff_see_every_table_and_add_to_the_catalog_only(clerk: Client) -> None:
    for table in TABLES:
        assert clerk.get(f"/admin/{table}/").status_code == 200, table
        add = clerk.get(f"/admin/{table}/add/").status_code
        assert add == (200 if table in ADDED_TO else 403), table


def test_customers_see_no_table() -> None:
    customer = log_in(new_account())
    for table in TABLES:
        for path in (f"/admin/{table}/", f"/admin/{table}/add/", f"/admin/{table}/1/change/"):
            assert customer.get(path)["Location"].startswith("/admin/login/"), path


def test_staff_see_every_row_and_change_none(clerk: Client) -> None:
    buy()
    seen = set()
    for model in admin.site._registry:
        row = model._default_manager.first()
        if row is None:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        response = clerk.get(reverse(f"{name}_change", args=[row.pk]))
        assert response.status_code == 200, name
        assert clerk.post(reverse(f"{name}_change", args=[row.pk])).status_code == 403, name
        assert clerk.post(reverse(f"{name}_delete", args=[row.pk])).status_code == 403, name
        seen.add(model.__name__)
    assert {"Order", "Payment", "Job", "Movement", "Entry", "Reservation", "Cart"} <= seen


def test_the_timetable_is_for_superusers_to_change(clerk: Client, operator: Client) -> None:
    table = "/admin/django_celery_beat/intervalschedule"
    body = {"every": "7", "period": "hours"} | {
        f"periodictask_set-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")
    }
    assert clerk.post(f"{table}/add/", body).status_code == 403
    assert operator.post(f"{table}/add/", body).status_code == 302
    assert b">7<" in clerk.get(f"{table}/").content
    row = f"/admin/{EDITED}/{PeriodicTask.objects.get(task='clean_up').pk}/change/"
    entry = {
        "name": "Clean up",
        "task": "clean_up",
        "interval": IntervalSchedule.objects.get(every=7).pk,
    }
    assert clerk.post(row, entry).status_code == 403
    assert operator.post(row, entry)["Location"] == f"/admin/{EDITED}/"
    found = PeriodicTask.objects.get(task="clean_up")
    assert (found.interval.every, found.enabled) == (7, False)


def test_the_timetable_takes_only_what_the_clock_can_start(operator: Client) -> None:
    page = operator.post(f"/admin/{EDITED}/add/", {"name": "x", "task": "checkout"})
    assert "not one of the available choices" in page.content.decode()
    page = operator.post(f"/admin/{EDITED}/add/", {"name": "x", "task": "clean_up"})
    assert "One of clocked, interval, crontab, or solar must be set" in page.content.decode()


@pytest.mark.parametrize(
    "lookup",
    [
        "customers/account/?password__startswith=a",
        "customers/customer/?account__password__startswith=a",
        "customers/login/?refresh_jti__startswith=a",
        "customers/login/?account__password__startswith=a",
        "jobs/job/?input__user_id=1",
        "jobs/job/?data__user_id=1",
        "jobs/job/?secrets__isnull=0",
        "jobs/job/?fingerprint__isnull=0",
        "jobs/job/?owner__password__startswith=a",
    ],
)
def test_nobody_guesses_at_what_the_back_office_hides(operator: Client, lookup: str) -> None:
    assert operator.get(f"/admin/{lookup}").status_code == 400


def test_no_page_shows_a_secret(operator: Client) -> None:
    order = buy()
    Account.objects.update(password="argon2$secret")
    pages = [f"/admin/jobs/job/{order['job_id']}/change/", "/admin/customers/account/"]
    pages += [
        f"/admin/customers/account/{pk}/change/" for (pk,) in Account.objects.values_list("pk")
    ]
    for page in pages:
        content = operator.get(page).content.decode()
        assert "argon2" not in content
        assert "tok_ok" not in content
        assert "expected_total" not in content


# Tables whose keys are a number, a UUID, a word and another's key, and one that can be edited.
KINDS_OF_TABLES = ["orders/order", "jobs/job", "inventory/room", "catalog/book", EDITED]
STRANGE = [
    *("?q=%00", "?q=%F0%9F%93%9A", "?q=9999999999999999999999", "?p=99999", "?p=x", "?o=99.x"),
    *("?nope=1", "?id__exact=x", "?pk__in=x", "?created_at__gte=x", "?_facets=1", "?all="),
    *("?state__exact=%00", "?kind=%00", "?kind__exact=%00", "?e=1", "?_to_field=x"),
    *("x/change/", "0/change/", "99999999999999999999/change/", "%00/change/", "_00/change/"),
    *("1/", "1/history/", "1/delete/", "-1/change/", "add/?author=x&interval=x"),
]


@pytest.mark.parametrize("table", KINDS_OF_TABLES)
def test_no_request_is_a_bug(operator: Client, table: str) -> None:
    for path in STRANGE:
        assert operator.get(f"/admin/{table}/{path}").status_code < 500, path
    for chosen in ("x", "\0", "", "9" * 30, "-1", "0" * 32):
        for name in ("cancel", "take_off_sale", "delete_selected", "nope"):
            body = {"action": name, "_selected_action": chosen, "index": "x"}
            status = operator.post(f"/admin/{table}/", body).status_code
            assert status < 500, (name, chosen)


@pytest.mark.parametrize(
    "lookup",
    [
        *("id__regex=(", "id__range=1", "created_at__year=0", "created_at__range=1", "pk__in=x"),
        *("created_at__gte=0001-01-01T00:00:00%2B23:00", "created_at=9999-12-31T23:59:59-23:00"),
        *("created_at__lt=x", "created_at__exact=x", "created_at__gte=", "owner=1", "nope=1"),
        *("state__regex=(", "state__in=x", "state__exact=%00"),
    ],
)
def test_a_list_is_filtered_only_as_it_offers(
    operator: Client, lookup: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert operator.get(f"/admin/jobs/job/?{lookup}").status_code == 400
    assert all(record.levelname == "WARNING" for record in caplog.records if record.exc_info)


def test_every_filter_that_a_list_offers_works(operator: Client) -> None:
    buy()
    for table in TABLES:
        page = operator.get(f"/admin/{table}/")
        found = page.context["cl"]
        for spec in found.filter_specs:
            for choice in spec.choices(found):
                path = f"/admin/{table}/{choice['query_string']}"
                assert operator.get(path).status_code == 200, path


@pytest.mark.parametrize("term", ["%00", "%F0%9F%93%9A", "x"])
def test_no_text_to_complete_is_a_bug(operator: Client, term: str) -> None:
    of = "app_label=catalog&model_name=book&field_name=author"
    status = operator.get(f"/admin/autocomplete/?{of}&term={term}").status_code
    assert status == (400 if term == "%00" else 200)


def test_nobody_changes_a_password_here(operator: Client) -> None:
    assert b"password_change" not in operator.get("/admin/").content
    for path in ("password_change/", "password_change/done/"):
        assert operator.get(f"/admin/{path}").status_code == 404
        assert operator.post(f"/admin/{path}", {"old_password": "x"}).status_code == 404


def test_too_many_logins_of_an_address_are_429(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SHOP_THROTTLE = True
    monkeypatch.setattr(throttling, "RATES", {"anonymous": 9, "login": 2})
    monkeypatch.setattr(throttling, "breaker", throttling.Breaker())
    monkeypatch.setattr(throttling, "WINDOW_SECONDS", 3600)
    cache.clear()
    body = {"username": "x", "password": "x"}
    assert Client().post("/api/v1/auth/login", body, "application/json").status_code == 401
    browser = Client(headers={"Accept": "text/html"})
    assert [browser.post("/admin/login/", body).status_code for _ in range(2)] == [200, 429]
    refused = browser.post("/admin/login/", body)
    assert refused["Content-Type"].startswith("text/html")
    assert 1 <= int(refused["Retry-After"]) <= 3600
    assert browser.get("/admin/login/").status_code == 200


def test_a_search_is_not_for_thousands_of_words(operator: Client) -> None:
    field = "app_label=catalog&model_name=book&field_name=author"
    for path in ("/admin/catalog/book/?q=", f"/admin/autocomplete/?{field}&term="):
        assert operator.get(path + "a+" * 100).status_code == 200
        assert operator.get(path + "a+" * 101).status_code == 400


def test_unfolds_search_is_not_there(operator: Client) -> None:
    assert operator.get("/admin/search/?s=job&page=x").status_code == 404


def test_lists_ask_no_more_of_the_database_the_longer_they_are(operator: Client) -> None:
    def costs() -> dict[str, int]:
        found = {}
        for table in TABLES:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert operator.get(f"/admin/{table}/").status_code == 200
            found[table] = len(asked)
        return found

    for _ in range(3):
        buy()
    costs()
    few = costs()
    for _ in range(7):
        buy()
    assert costs() == few
    assert max(few.values()) <= 12


def test_amounts_are_written_as_their_currency_writes_them(clerk: Client) -> None:
    order = buy()
    for page in ("orders/order", "payments/payment", "sandbox/entry", "catalog/product"):
        content = clerk.get(f"/admin/{page}/").content.decode()
        assert "50000 VND" in content
        assert "50000.0" not in content
    content = clerk.get(f"/admin/orders/order/{order['id']}/change/").content.decode()
    assert content.count("50000 VND") == 4
    assert "50000.0" not in content


def test_an_order_shows_its_payments_at_the_same_cost_however_many(clerk: Client) -> None:
    order = buy()
    page = f"/admin/orders/order/{order['id']}/change/"
    paid = Payment.objects.get(order_id=order["id"])
    Payment.objects.update(refunded=1, refunding=1)
    address = reverse("admin:payments_payment_change", args=[paid.pk])
    content = clerk.get(page).content.decode()
    for shown in (f'href="{address}"', "Captured", "1 VND"):
        assert shown in content

    with CaptureQueriesContext(connection) as few:
        clerk.get(page)
    for number in range(5):
        paid.pk, paid.key, paid.status = None, f"other-{number}", PaymentStatus.DECLINED
        paid.save()
    with CaptureQueriesContext(connection) as more:
        assert clerk.get(page).content.count(b"Declined") == 5
    assert len(more) == len(few)


def test_no_page_takes_a_file_from_another_host(operator: Client) -> None:
    order = buy()
    pages = [
        *("/admin/", "/admin/jobs/job/", f"/admin/jobs/job/{order['job_id']}/change/"),
        *(f"/admin/orders/order/{order['id']}/change/", "/admin/catalog/book/add/"),
        "/admin/django_celery_beat/periodictask/add/",
    ]
    contents = [operator.get(page).content for page in pages]
    contents.append(Client().get("/admin/login/").content)
    files = set()
    for content in contents:
        assert not EXTERNAL.findall(content)
        files |= set(re.findall(r'(?:src|href)="(/static/[^"]+)"', content.decode()))
    assert len(files) > 10
    for address in files:
        styles = content_of(address)
        if address.endswith(".css"):
            assert not EXTERNAL.findall(styles), address
            for font in re.findall(rb"""url\(["']?([^"')]+\.woff2)""", styles):
                assert content_of(f"{address.rpartition('/')[0]}/{font.decode()}")


def content_of(address: str) -> bytes:
    """Return a file as the gateway serves it."""
    with closing(Client().get(address)) as response:
        assert response.status_code == 200, address
        return b"".join(response)
