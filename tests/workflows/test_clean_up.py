"""What is old is deleted in batches, and nobody waits for it."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from shop.customers import selectors as customers
from tasks.engine import expiry
from tasks.engine.models import Job
from tasks.steps import upkeep
from tests.shopping import at_once
from tests.workflows.cases import new_customer, run, scheduled, write

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = dict.fromkeys(("jobs", "logins", "events", "tokens", "guesses"), 0)
# Copies of a finished job, the older the later, one every ten minutes: some 700 days of them.
MANY = """
    WITH original AS (DELETE FROM jobs_job WHERE id = '{job.pk}' RETURNING *)
    INSERT INTO jobs_job ({columns}) SELECT {values} FROM original,
        (SELECT now() - n * interval '10 minutes' AS at FROM generate_series(1, {n}) n) times"""


def many(n: int, *, scope: str = "") -> None:
    changed = {
        "id": "gen_random_uuid()",
        "scope": f"'{scope}'",
        "created_at": "at",
        "finished_at": "at",
    }
    columns = [str(field.column) for field in Job._meta.concrete_fields]
    values = [changed.get(column, f"original.{column}") for column in columns]
    job = run(scheduled("unpaid_orders"))
    write(MANY.format(job=job, n=n, columns=", ".join(columns), values=", ".join(values)))


def clean_up() -> dict[str, int]:
    job = run(scheduled("clean_up"))
    assert job.result is not None
    return dict(job.result)


def test_jobs_are_kept_for_as_long_as_the_setting_says(settings: Settings) -> None:
    many(6 * 24 * 40)
    assert clean_up() == {**NOTHING, "jobs": 6 * 24 * 10 + 1}
    settings.SHOP_JOBS_KEPT = 39
    assert clean_up()["jobs"] == 0
    settings.SHOP_JOBS_KEPT = 29
    assert clean_up()["jobs"] == 6 * 24


def test_runs_of_the_clock_are_kept_for_two_days_and_others_longer() -> None:
    many(6 * 24 * 3, scope="schedule")
    many(6 * 24 * 3)
    assert clean_up()["jobs"] == 6 * 24 + 1
    assert clean_up()["jobs"] == 0


def test_a_run_deletes_a_batch_and_leaves_the_rest_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many(6 * 24 * 31)
    monkeypatch.setattr(upkeep, "BATCH", 100)
    assert [clean_up()["jobs"] for _ in range(3)] == [100, 45, 0]


def test_jobs_that_have_not_ended_stay_however_old() -> None:
    old = scheduled("clean_up")
    write("UPDATE jobs_job SET created_at = now() - interval '2 years'")
    assert clean_up()["jobs"] == 0
    assert Job.objects.filter(pk=old.pk).exists()


def test_nobody_waits_for_a_job_that_somebody_has_locked() -> None:
    many(6 * 24 * 31)
    with transaction.atomic():
        list(Job.objects.select_for_update().order_by("finished_at")[:10])
        [deleted] = at_once(lambda _: clean_up()["jobs"], [0])
    assert deleted == 6 * 24 + 1 - 10
    assert clean_up()["jobs"] == 10


def test_ended_logins_and_old_messages_of_providers_go() -> None:
    account_id = customers.account_id(user_id=new_customer())
    for ended, expires in (("NULL", 1), ("NULL", -29), ("NULL", -31), (-31, 1), (-29, -20)):
        ended_at = f"now() + interval '{ended} days'" if ended != "NULL" else "NULL"
        write(
            "INSERT INTO customers_login (account_id, refresh_jti, expires_at, ended_at) VALUES"  # noqa: S608
            f" ({account_id}, '{uuid4()}', now() + interval '{expires} days', {ended_at})"
        )
    write(
        "INSERT INTO payments_event (provider, event_id, kind, key, received_at)"
        " SELECT 'sandbox', n::text, 'payment.paid', '', now() - n * interval '1 day'"
        " FROM generate_series(100, 85, -1) n"
    )
    assert clean_up() == {**NOTHING, "logins": 2, "events": 11}
    assert clean_up() == NOTHING


def test_tokens_that_are_too_old_and_guesses_that_are_forgotten_go() -> None:
    account_id = customers.account_id(user_id=new_customer())
    for minutes in (-90, -1, 1, 90):
        write(
            "INSERT INTO customers_mailedtoken (account_id, purpose, digest, job_id, expires_at)"  # noqa: S608
            f" VALUES ({account_id}, 'password_reset', uuid_send(gen_random_uuid()),"
            f" gen_random_uuid(), now() + interval '{minutes} minutes')"
        )
        write(
            "INSERT INTO customers_guesses (digest, number, next_at) VALUES"  # noqa: S608
            f" (uuid_send(gen_random_uuid()), 7, now() + interval '{minutes} minutes')"
        )
    assert clean_up() == {**NOTHING, "tokens": 2, "guesses": 1}
    assert clean_up() == NOTHING


@pytest.mark.parametrize("scope", [None, "schedule"])
def test_among_a_hundred_thousand_jobs_old_ones_are_found_by_an_index(scope: str | None) -> None:
    many(100_000)
    many(1_000, scope="schedule")
    write("ANALYZE jobs_job")
    seen: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith("DELETE"):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                seen.extend(row[0] for row in cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        deleted = expiry.delete_finished(older_than=upkeep.RUNS_KEPT, limit=2_000, scope=scope)
    plan = "\n".join(seen)
    assert "Seq Scan" not in plan
    assert f"Index Scan using {'job_finished_run' if scope else 'job_finished'} on" in plan, plan
    assert deleted == (713 if scope else 2_000)
