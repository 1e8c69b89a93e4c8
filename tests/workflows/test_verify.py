"""`manage.py verify`: silent after all that the shop does, loud about what is broken by hand."""

# ruff: noqa: S608 (the damage is written here)

import os
import subprocess
import sys
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from shop.carts import services as carts
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine.models import Job, State
from tasks.verification import checking, walking
from tasks.verification.rules import RULES
from tasks.verification.slices import BY_TIME
from tests.workflows.cases import (
    CASES,
    checkout,
    decide,
    deliver,
    new_book,
    new_customer,
    new_order,
    redirected,
    run,
    scheduled,
    update,
    write,
)
from tests.workflows.walks import walked

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "(SELECT min(id) FROM orders_order WHERE status = 'paid')"
CANCELLED = """(SELECT min(o.id) FROM orders_order o JOIN orders_orderevent event
    ON order_id = o.id WHERE o.status = 'cancelled' AND event.status = 'paid')"""
# A copy of a job, as it was at its beginning.
UNDER_WAY = """INSERT INTO jobs_job SELECT (jsonb_populate_record(null::jobs_job,
    to_jsonb(job) || jsonb_build_object('id', gen_random_uuid(), 'kind', '{}',
    'state', 'queued', 'cursor', 0, 'finished_at', null, 'idempotency_key', null,
    'due_at', now() - interval '{}'))).*
    FROM (SELECT * FROM jobs_job WHERE kind = 'goods_receipt' ORDER BY id LIMIT 1) job"""
# By the rule that finds it: a change that no constraint forbids.
DAMAGES = [
    ("On hand is", "UPDATE inventory_movement SET on_hand_change = 8 WHERE id = (SELECT min(id)"
     " FROM inventory_movement WHERE why = 'receipt')"),
    ("Reserved is what was reserved", "UPDATE inventory_movement SET reserved_change = 9,"
     " order_id = order_id + 100000 WHERE id = (SELECT min(id) FROM inventory_movement"
     " WHERE why = 'reservation')"),
    ("Reserved is what is promised", "UPDATE inventory_reservation SET quantity = quantity + 1"
     f" WHERE order_id = {PAID}"),
    ("A kind's room", "UPDATE inventory_room SET on_hand = on_hand - 1 WHERE kind = 'book'"),
    ("Each line of the ledger", "UPDATE inventory_movement SET why = 'withdrawal'"
     " WHERE id = (SELECT min(id) FROM inventory_movement WHERE why = 'receipt')"),
    ("An order's total", f"UPDATE orders_orderline SET unit_price = 1 WHERE order_id = {PAID}"),
    ("Each open order", f"DELETE FROM inventory_reservation WHERE order_id = {PAID}"),
    ("Each open order", "INSERT INTO inventory_reservation (order_id, product_id, quantity)"
     " SELECT -1, min(product_id), 1 FROM inventory_stock"),
    ("The ledger moved", "UPDATE inventory_movement SET order_id = 100000 WHERE why = 'shipment'"),
    ("Each order's history", f"DELETE FROM orders_orderevent WHERE order_id = {PAID}"
     " AND status = 'pending'"),
    ("Each order's history", f"UPDATE orders_orderevent SET status = 'failed'"
     f" WHERE order_id = {CANCELLED} AND status = 'paid'"),
    ("A checkout and its order", "UPDATE jobs_job SET state = 'cancelled', steps ="
     """ replace(steps::text, '"done"', '"undone"')::jsonb WHERE id ="""
     f" (SELECT job_id FROM orders_order WHERE id = {PAID})"),
    ("A paid order has one payment", f"DELETE FROM payments_payment WHERE order_id = {PAID}"),
    ("An order that came to nothing", "UPDATE payments_payment SET status = 'captured',"
     f" refunded = 0, refunding = 0 WHERE order_id = {CANCELLED}"),
    ("The shop and the provider agree on each charge.", "INSERT INTO sandbox_entry"
     " SELECT (jsonb_populate_record(null::sandbox_entry, to_jsonb(entry)"
     " || jsonb_build_object('id', 100000, 'key', 'again', 'refunded', 0,"
     " 'page_id', null, 'outcome', '', 'decided_at', null, 'is_late', false))).*"
     " FROM (SELECT * FROM sandbox_entry WHERE status = 'captured' ORDER BY id LIMIT 1) entry"),
    ("The shop and the provider agree on each charge.", "UPDATE sandbox_entry"
     " SET amount = amount - 1 WHERE refunded = 0 AND status = 'captured'"),
    ("What was refunded", f"UPDATE payments_payment SET refunding = 1 WHERE order_id = {PAID}"),
    ("A promised refund", "WITH promised AS (UPDATE payments_payment SET refunding = refunding + 1"
     f" WHERE order_id = {PAID} RETURNING id) INSERT INTO payments_refund (payment_id, key, amount)"
     " SELECT id, gen_random_uuid() || ':refund_payment', 1 FROM promised"),
    ("The shop and the provider agree on each refund.", "UPDATE sandbox_refund"
     " SET key = key || '-lost'"),
    ("What the provider gave back", "UPDATE sandbox_entry SET refunded = refunded - 1"
     " WHERE refunded > 1"),
    ("A job that ended accounts", "UPDATE jobs_job SET steps = jsonb_set(steps, '{0,state}',"
     """ '"running"') WHERE kind = 'goods_receipt' AND state = 'succeeded'"""),
    ("A job that ended has the steps", "UPDATE jobs_job SET steps = steps - 0"
     " WHERE kind = 'goods_receipt'"),
    ("A job that ended has the steps", "UPDATE jobs_job SET steps = jsonb_build_array(steps -> 1,"
     " steps -> 0) WHERE kind = 'goods_receipt'"),
    ("Each step that was done", "UPDATE jobs_job SET steps = jsonb_set(steps, '{0,attempts}', '0')"
     " WHERE kind = 'goods_receipt'"),
    ("Each step that was done", "UPDATE jobs_job SET steps = jsonb_set(steps, '{0,finished_at}',"
     " 'null') WHERE kind = 'goods_receipt'"),
    ("Each step that was done", "UPDATE jobs_job SET error = NULL WHERE state = 'failed'"),
    ("Each step that was done", "UPDATE jobs_job SET steps = replace(steps::text,"
     """ '"failed"', '"undone"')::jsonb WHERE state = 'failed'"""),
    ("A registration that ended", "DELETE FROM carts_cart WHERE job_id ="
     " (SELECT max(id::text)::uuid FROM jobs_job WHERE kind = 'registration')"),
    ("A job that ended keeps", """UPDATE jobs_job SET input = '{"a": 1}'"""
     " WHERE kind = 'goods_receipt'"),
    ("No job is overdue", UNDER_WAY.format("capacity_check", "6 minutes")),
    ("The workflow of every job", UNDER_WAY.format("gone", "0 s")),
]  # fmt: skip
# What hurts several books at once, and is found in each of them.
ALSO = {
    "Reserved is what was reserved": {"The ledger moved"},
    "Reserved is what is promised": {"Each open order"},
    "Each open order": {"Reserved is what is promised"},
    "A paid order has one payment": {"The shop and the provider agree on each charge."},
    "An order that came to nothing": {"What was refunded"},
}
# Damage that the database itself forbids.
FORBIDDEN = [
    "UPDATE inventory_stock SET reserved = on_hand + 1",
    "UPDATE inventory_stock SET on_hand = -1",
    "UPDATE inventory_room SET on_hand = capacity + 1",
    "UPDATE orders_order SET status = 'lost'",
    "UPDATE payments_payment SET refunded = amount + 1",
    "UPDATE payments_payment SET status = 'captured', order_id = (SELECT min(id) FROM"
    " orders_order)",
    "INSERT INTO orders_orderevent (order_id, status)"
    " SELECT order_id, status FROM orders_orderevent",
    "UPDATE jobs_job SET finished_at = NULL",
    "UPDATE jobs_job SET due_at = now()",
    "UPDATE sandbox_entry SET refunded = amount + 1",
]


def broken(since: datetime | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return the rules that are broken, each with the first rows that break it."""
    found = checking.check(since=since)
    return {x.rule.sentence: x.first for x in found if x.breaches}


def busy_shop() -> None:
    """Have every kind of job run once, and every status of an order be there."""
    for kind, case in CASES.items():
        if kind not in {"verification", "unpaid_orders"}:
            run(case()())
    for statuses in (
        ["cancelled"],
        ["processing"],
        ["processing", "shipped"],
        ["processing", "shipped", "delivered"],
        ["processing", "shipped", "delivered", "returned"],
    ):
        order_id = new_order()
        for status in statuses:
            assert run(update(order_id, status)).state == State.SUCCEEDED
    by_hand = new_order(token=None)
    run(update(by_hand, "paid"))
    run(update(by_hand, "cancelled"))
    user_id = new_customer()
    for token in ("tok_declined", "tok_flaky", "tok_timeout"):
        carts.add_item(user_id=user_id, product_id=new_book(copies=5), quantity=2)
        run(checkout(user_id=user_id, token=token))
    new_order(token=None)
    while left := Job.objects.filter(due_at__isnull=False).first():
        if left.state == State.WAITING and left.action:
            decide(left, "paid")
        deliver(left)


def test_each_damage_is_found_by_the_rule_that_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "TURN", 0.0)
    monkeypatch.setattr(walking, "EARLY", 0.0)
    monkeypatch.setattr(walking, "MOST", 9)
    busy_shop()
    assert broken() == {}
    seen = set()
    for meant, damage in DAMAGES:
        with transaction.atomic():
            write(damage)
            found = set(broken())
            in_slices = walked(turns=len(RULES))
            assert in_slices.keys() == found, damage
            # Of these each row is in one slice only.
            whole = {x.rule.sentence: x.breaches for x in checking.check()}
            for rule in RULES:
                if rule.cut is not BY_TIME or rule.about == "jobs":
                    assert in_slices.get(rule.sentence, 0) == whole[rule.sentence], damage
            transaction.set_rollback(True)
        starts = {meant, *ALSO.get(meant, ())}
        assert {s for s in found if s.startswith(tuple(starts))} == found, (damage, found)
        assert any(sentence.startswith(meant) for sentence in found), (damage, found)
        seen |= {rule.sentence for rule in RULES if rule.sentence.startswith(meant)}
    assert seen == {rule.sentence for rule in RULES}, "a rule was not seen broken"
    assert broken() == {}


@pytest.mark.parametrize("damage", FORBIDDEN)
def test_the_database_forbids_other_damage(damage: str) -> None:
    run(CASES["order_update"]()())
    new_order()
    with pytest.raises(IntegrityError), transaction.atomic():
        write(damage)


def test_the_command_prints_a_table_and_changes_nothing() -> None:
    new_order()
    out = StringIO()
    call_command("verify", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["rule", "rows", "broken", "by"]
    assert [line.rsplit(maxsplit=2)[2] for line in lines[1:-1]] == ["0"] * len(RULES)
    assert lines[-1] == "The books add up."


def test_the_command_shows_the_first_rows_that_break_a_rule_and_fails() -> None:
    order_id = new_order()
    write("UPDATE orders_orderline SET unit_price = 1")
    out = StringIO()
    with pytest.raises(CommandError, match=f"1 of {len(RULES)} rules are broken") as caught:
        call_command("verify", stdout=out)
    assert caught.value.returncode == 1
    assert f'{{"id": {order_id}, ' in out.getvalue()


def test_without_the_shop_the_command_says_so_in_a_line(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=Path(__file__).parents[2],
        env={
            "PATH": os.environ["PATH"],
            "SHOP_DATA_DIR": str(tmp_path),
            "SHOP_SECRET_KEY": "not a secret: a test",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = f"the database of {tmp_path} does not answer: is the shop running?\n"
    assert (found.returncode, found.stderr) == (2, f"CommandError: {line}")


@pytest.mark.parametrize("days", ["0", "-1", "nan", "40000"])
def test_the_command_refuses_days_that_are_none(days: str) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("verify", f"--since={days}", stdout=StringIO())
    assert caught.value.returncode == 2


def test_since_leaves_out_orders_that_did_not_change_lately() -> None:
    new_order()
    write("UPDATE orders_orderline SET unit_price = 1")
    write("UPDATE orders_orderevent SET at = at - interval '3 days'")
    call_command("verify", "--since=2", stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("verify", "--since=4", stdout=StringIO())


def test_a_job_under_way_is_no_false_alarm_at_any_commit() -> None:
    user_id = new_customer()
    carts.add_item(user_id=user_id, product_id=new_book(copies=5), quantity=2)
    jobs = [checkout(user_id=user_id, token="tok_timeout"), redirected()]
    decide(jobs[1], "paid")
    order_id = new_order()
    jobs.append(update(order_id, "cancelled"))
    paid = new_order()
    jobs.append(acceptance.refund(order_id=paid, amount=None, asked=Asked(), if_match=None))
    for _ in range(8):
        assert broken() == {}
        for job in jobs:
            job.refresh_from_db()
            if job.due_at is not None:
                deliver(job)
    assert all(job.is_final for job in jobs)
    assert broken() == {}


def test_only_what_a_job_has_still_to_do_is_excepted() -> None:
    order_id = new_order()
    job = deliver(update(order_id, "cancelled"))
    assert (job.state, broken()) == (State.RUNNING, {})
    # The job that promised to give the money back has ended without it.
    write(
        "UPDATE jobs_job SET state = 'failed', due_at = NULL, finished_at = now()"
        f" WHERE id = '{job.pk}'"
    )
    assert any(s.startswith("An order that came to nothing") for s in broken())


def test_a_scheduled_verification_tells_staff_what_is_broken(mailoutbox: list[Any]) -> None:
    job = run(CASES["verification"]()())
    assert job.result is not None
    assert job.result["breaches"] == [
        {"rule": "A kind's room holds what its products do.", "rows": 1}
    ]
    assert job.result["mail"] == "sent"
    [letter] = mailoutbox
    assert "A kind's room holds what its products do. Not so for 1 rows." in letter.body
    assert letter.extra_headers["Message-ID"] == f"<{job.pk}.mail_staff@bookshop>"


def test_a_scheduled_verification_of_books_in_order_mails_nobody(mailoutbox: list[Any]) -> None:
    new_order()
    job = run(scheduled("verification"))
    assert job.result == {"breaches": [], "mail": None}
    assert job.steps[-1]["state"] == "skipped"
    assert mailoutbox == []
