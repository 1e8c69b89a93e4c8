"""What always runs reads nothing of jobs that have ended; growth is shown with its ratios."""

from typing import Any
from urllib.parse import quote_plus

import pytest
from django.core import signing
from django.db import connection

from shop.catalog import selectors as catalog
from shop.catalog import vocabulary
from shop.catalog.models import Product
from shop.core.ids import new_job_id
from shop.inventory import ledger
from shop.inventory.models import Why
from shop.orders import services as orders
from shop.orders.models import Order
from tasks.engine import jobs, rows
from tasks.engine.models import Job, State
from tasks.engine.rows import Saved
from tasks.generator import growing
from tests.api.callers import account_of, new_customer, new_staff
from tests.bench import plans, report

JOBS = 20_000
BY_STATE = {
    "queued": "job_due",
    "waiting": "job_due",
    "stuck": "job_stuck",
    "failed": "job_in_vain",
    "cancelled": "job_in_vain",
    "succeeded": "job_newest",
}
BOOKS = """
    WITH author AS (
        INSERT INTO catalog_author (author_name, name_folded, email, address)
        SELECT 'Ai', 'ai', '', '' RETURNING id
    ), category AS (
        INSERT INTO catalog_category (category_name, name_key, name_folded)
        SELECT 'Trang', 'trang', 'trang' RETURNING id
    ), product AS (
        INSERT INTO catalog_product (kind, title, price, currency, description, search)
        SELECT 'book', 'x', 1, 'VND', '', (CASE n %% 2 WHEN 0 THEN 'hoa:1A ' ELSE 'mua:1A ' END
            || CASE n %% 3 WHEN 0 THEN 'mua:2A ' ELSE '' END
            || 'hoa' || n %% 100 || ':3A mua' || n %% 97 || ':4A ai:5B trang:6C')::tsvector
        FROM generate_series(1, %(number)s) AS n
        RETURNING id
    )
    INSERT INTO catalog_book (product_id, author_id, category_id, published_date)
    SELECT product.id, author.id, category.id, '2000-01-01' FROM product, author, category"""

PENDING = """
    INSERT INTO orders_order (job_id, customer_id, status, total, currency, first_name, last_name,
        address, city, country)
    SELECT gen_random_uuid(), %s, 'pending', 1, 'VND', 'An', 'Le', '', '', ''
    FROM generate_series(1, 5000)"""


def page(*, state: str, kind: str | None = None) -> list[Job]:
    """Read the first page of a list of jobs."""
    return list(jobs.listed(state=state, kind=kind).order_by("-created_at", "-id")[:21])


def grown(number: int = JOBS) -> None:
    """Have many jobs that ended, in a table in which none were before."""
    with connection.cursor() as cursor:
        # VACUUM leaves what some other connection might still see; an empty table has nothing.
        cursor.execute("TRUNCATE jobs_job CASCADE")
    growing.grow(size=growing.Size(0, 0, 0, number), seed=1, tell=lambda what, there, wanted: None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE jobs_job")


@pytest.mark.django_db(transaction=True)
def test_what_always_runs_reads_a_few_pages_by_partial_indexes() -> None:
    grown()
    found = plans.measured()
    assert found["recovery"]["indexes"] == ["job_due"]
    assert found["figures"]["indexes"] == ["job_due", "job_stuck"]
    assert "job_finished" in found["clean-up"]["indexes"]
    for one in (found["recovery"], found["figures"], found["clean-up"]):
        assert "jobs_job" not in one["whole"]
    assert found["recovery"]["pages"] + found["figures"]["pages"] < 20
    # What was looked at is still there.
    assert Job.objects.filter(state=State.SUCCEEDED).count() == JOBS


@pytest.mark.django_db(transaction=True)
def test_a_term_reads_a_part_of_what_it_finds() -> None:
    add_books(12_000)
    for term in ("hoa", "hoa mua", "h", "h t", "trang", "ai", "trnag"):
        found = plans.explained(lambda term=term: list(catalog.books(search_term=term)[:21]))  # type: ignore[misc]
        assert 0 < found["rows"]["catalog_product"] < 4_000, (term, found)


def add_books(number: int) -> None:
    """Have so many books, half of which have a word in their title, and all an author's."""
    with connection.cursor() as cursor:
        cursor.execute(BOOKS, {"number": number})
        cursor.execute("VACUUM ANALYZE catalog_product, catalog_book, catalog_author")
    vocabulary.learn(texts=[f"hoa{n} mua{n}" for n in range(100)] + ["hoa mua ai trang"])


@pytest.mark.django_db(transaction=True)
def test_what_a_job_writes_reads_no_rows_but_its_own() -> None:
    grown(3_000)
    job = Job.objects.first()
    assert job
    saved = Saved._make(getattr(job, name, None) for name in Saved._fields)
    found = plans.explained(lambda: rows.save([saved]))
    assert found["rows"]["jobs_job"] <= 2

    add_books(5_000)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO inventory_stock SELECT id, 9, 0 FROM catalog_product")
        cursor.execute("ANALYZE inventory_stock")
    product = Product.objects.all()[2_500].pk
    found = plans.explained(
        lambda: ledger.move(Why.RESERVATION, ledger.changes({product: 1}), reserved=1)
    )
    assert found["rows"]["inventory_stock"] <= 2


@pytest.mark.django_db(transaction=True)
def test_an_order_is_confirmed_however_many_others_wait_to_be_paid() -> None:
    customer = account_of(new_customer()).customer
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE orders_order")
        cursor.execute(PENDING, [customer.pk])
    order = Order.objects.all()[2_500]
    found = plans.explained(lambda: orders.confirm_all({order.pk: order.job_id}))
    assert found["rows"]["orders_order"] < 10


@pytest.mark.django_db(transaction=True)
def test_a_list_of_jobs_by_state_reads_a_few_pages() -> None:
    grown()
    for state, index in BY_STATE.items():
        found = plans.explained(lambda state=state: page(state=state))  # type: ignore[misc]
        assert (found["indexes"], found["whole"]) == ([index], []), state
        for kind in ("capacity_check", "checkout"):
            found = plans.explained(
                lambda state=state, kind=kind: page(state=state, kind=kind)  # type: ignore[misc]
            )
            assert found["pages"] < 40, (state, kind)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["books", "inventory/items"])
def test_a_deep_page_reads_as_little_as_the_first(path: str) -> None:
    growing.grow(size=growing.Size(3_000, 0, 0, 0), seed=1, tell=lambda what, there, wanted: None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    staff = new_staff()
    lowest = min(book.pk for book in catalog.books())
    signer = signing.Signer(salt=f"cursor:/api/v1/{path}:-product_id")
    cursor_ = quote_plus(signer.sign_object([False, [["i", lowest + 50]]]))

    def read(target: str) -> int:
        return int(plans.explained(lambda: staff.get(target))["pages"])

    assert len(staff.get(f"{path}?cursor={cursor_}").json()["results"]) == 20
    first = read(path)
    assert read(f"{path}?cursor={cursor_}") < 1.3 * first + 10


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_reads_a_table_as_a_whole_is_told() -> None:
    Job.objects.create(id=new_job_id(), kind="example", version=1, due_at="2030-01-01T00:00Z")
    found = plans.explained(lambda: Job.objects.filter(signals=1).first())
    assert found["whole"] == ["jobs_job"]


def test_growth_is_shown_with_its_ratio_to_the_first_size() -> None:
    def stage(books: int, milliseconds: float) -> dict[str, Any]:
        costs = {"cpu_ms.all": milliseconds, "answer_ms.p95": 7.0}
        plan = {"ms": 0.1, "pages": 2, "indexes": ["job_due"], "whole": []}
        size = {"books": books, "jobs": 5 * books}
        return {"size": size, "costs": {"orders": costs}, "plans": {"recovery": plan}}

    machine = {"code": "abc", "date": "today"}
    shown = report.text({"machine": machine, "growth": [stage(359, 4.0), stage(10_000, 10.0)]})
    row = next(line for line in shown.splitlines() if line.startswith("orders"))
    assert row.split() == ["orders", "4.00", "7.00", "10.0", "7.00", "2.50"]
    assert "recovery, 50000 jobs" in shown
