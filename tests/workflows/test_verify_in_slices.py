"""The hourly verification takes what it looks at in slices, and as many turns as it needs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tasks.engine.models import State
from tasks.verification import checking, walking
from tasks.verification.rules import Rule
from tasks.verification.slices import BY_PRODUCT
from tests.workflows.cases import deliver, new_book, new_order, run, scheduled, write
from tests.workflows.walks import walked

pytestmark = pytest.mark.django_db(transaction=True)
ON_HAND = "On hand is what came less what went."


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
    assert walked("stock") == {ON_HAND}
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
        "An order's total is that of its lines.",
    }


@pytest.mark.usefixtures("one_slice_a_turn")
def test_a_run_that_would_meet_the_next_one_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "LIMIT", 0.0)
    job = deliver(scheduled("verification"))
    assert (job.state, job.error) == (
        State.FAILED,
        {
            "code": "too_much",
            "detail": "There is too much to look at within the hour; run `manage.py verify`.",
        },
    )


def test_a_walk_that_other_code_began_begins_anew() -> None:
    new_order()
    write("UPDATE inventory_movement SET on_hand_change = 8 WHERE why = 'receipt'")
    begun = walking._begin(["A rule of old."], timedelta(days=2))
    found = walking.walk("stock", lately=timedelta(days=2), so_far=begun)
    assert ON_HAND in {one["rule"] for one in found}
