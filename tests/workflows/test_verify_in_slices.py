"""The hourly verification takes what it looks at in slices, and as many turns as it needs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tasks.verification import checking, walking
from tasks.verification.rules import Rule
from tasks.verification.slices import BY_PRODUCT
from tests.workflows.cases import new_book, new_order, new_staff, run, scheduled, write
from tests.workflows.walks import walked

pytestmark = pytest.mark.django_db(transaction=True)
ON_HAND = "On hand is what came less what went."
TOTAL = "An order's total is that of its lines."


@pytest.fixture
def one_slice_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "TURN", 0.0)
    monkeypatch.setattr(walking, "EARLY", 0.0)


@pytest.mark.usefixtures("one_slice_a_turn")
def test_a_slice_that_takes_too_long_is_tried_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(9):
        new_book(copies=1)
    write(
        "UPDATE inventory_movement SET on_hand_change = 8 WHERE id IN (SELECT max(id) FROM"
        " inventory_movement)"
    )
    sizes, apply = [], checking.broken_by

    def slow(rule: Rule, values: dict[str, Any]) -> Any:
        if rule.cut is BY_PRODUCT:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM inventory_stock WHERE product_id > %(after_product)s"
                    " AND product_id <= %(last_product)s",
                    values,
                )
                sizes.append(cursor.fetchone()[0])
                if sizes[-1] > 1:
                    cursor.execute("SELECT pg_sleep(30)")
        return apply(rule, values)

    monkeypatch.setattr(checking, "broken_by", slow)
    monkeypatch.setattr(walking, "SLICE_MS", 100)
    assert walked("stock") == {ON_HAND: 1}
    assert sizes[0] == 9
    assert sizes.count(1) >= 9


@pytest.mark.usefixtures("one_slice_a_turn")
def test_a_run_ends_with_what_all_its_turns_found(mailoutbox: list[Any]) -> None:
    new_order()
    write("UPDATE inventory_room SET on_hand = on_hand - 1 WHERE on_hand > 0")
    write("UPDATE orders_orderline SET unit_price = 1")
    job = run(scheduled("verification"))
    assert job.result is not None
    assert {breach["rule"] for breach in job.result["breaches"]} == {
        "A kind's room holds what its products do.",
        TOTAL,
    }


@pytest.mark.usefixtures("one_slice_a_turn")
def test_a_run_that_would_meet_the_next_one_tells_what_it_found(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    new_staff()
    new_book(copies=1)
    write("UPDATE inventory_movement SET on_hand_change = 8")
    monkeypatch.setattr(walking, "LIMIT", timedelta())
    job = run(scheduled("verification"))
    assert job.result is not None
    told = [breach["rule"] for breach in job.result["breaches"]]
    assert told == [ON_HAND, *[walking.LOOKED_AT] * 3]
    assert f"{walking.LOOKED_AT} Not so for 4 rows." in mailoutbox[0].body


@pytest.mark.usefixtures("one_slice_a_turn")
def test_what_did_not_change_lately_is_left_out() -> None:
    new_order()
    write("UPDATE orders_orderline SET unit_price = 1")
    assert walked("orders") == {TOTAL: 1}
    write("UPDATE orders_orderevent SET at = at - interval '3 days'")
    assert walked("orders") == {}


@pytest.mark.parametrize(
    ("size", "seconds", "following"),
    [(500, 0.05, 1000), (500, 0.2, 500), (500, 1, 500), (4000, 1, 2000), (7, 1, 7), (7, 0.05, 14)],
)
def test_slices_grow_while_they_are_quick(size: int, seconds: float, following: int) -> None:
    assert walking._size(size, 500, seconds=seconds) == following


def test_a_walk_that_other_code_began_begins_anew() -> None:
    new_order()
    write("UPDATE inventory_movement SET on_hand_change = 8 WHERE why = 'receipt'")
    begun = walking._begin(["A rule of old."], timedelta(days=2))
    found = walking.walk("stock", lately=timedelta(days=2), so_far=begun)
    assert ON_HAND in {one["rule"] for one in found}
