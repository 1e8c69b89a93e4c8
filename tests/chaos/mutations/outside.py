"""Breaks of time limits, of the provider, and of what the database itself refuses."""

from tests.chaos.mutations.mutant import KILLS, WIRING, Edit, Mutant, of

SANDBOX = "shop/payments/sandbox"
SETTINGS = "config/settings.py"
MUTE = "a_call_that_nobody_answers_ends_before_its_lease"
NO_CHECK: Edit = (WIRING, "if step.timeout >= LEASE:", "if False:")
NO_LIMITS: Edit = (
    SETTINGS,
    '{} if SHOP_ROLE == "command" else DATABASE_TIMEOUTS_MS',
    "dict[str, int]()",
)

MUTANTS = (
    Mutant(
        name="calls-outlast-leases",
        breaks="A lease is shorter than the calls that are made in it.",
        edits=(NO_CHECK, (WIRING, "LEASE = 10.0", "LEASE = 2.0")),
        tests=(
            *of("engine/test_wiring", "a_call_ends_before_its_lease"),
            *of("engine/test_wiring", "the_sessions_of_workers_end_before_the_lease_of_a_job"),
            *of("workflows/test_mute_outside", f"{MUTE}[_webhook]", f"{MUTE}[_mail]"),
        ),
    ),
    Mutant(
        name="mail-without-limit",
        breaks="A mail server that says nothing holds its worker for good.",
        edits=((SETTINGS, "EMAIL_TIMEOUT = 8", "EMAIL_TIMEOUT = None"),),
        tests=of("workflows/test_mute_outside", f"{MUTE}[_mail]"),
    ),
    Mutant(
        name="webhook-without-limit",
        breaks="A shop that says nothing holds the sandbox for good.",
        edits=((f"{SANDBOX}/webhooks.py", "address.port, timeout=TIMEOUT)", "address.port)"),),
        tests=of("workflows/test_mute_outside", f"{MUTE}[_webhook]"),
    ),
    Mutant(
        name="sessions-without-limits",
        breaks="A worker that is frozen in its transaction keeps its locks.",
        edits=(
            NO_LIMITS,
            ("tasks/engine/apps.py", "if connection.pg_version >= 170_000:", "if False:"),
        ),
        tests=(
            *of(
                "engine/test_sessions",
                "whoever_carries_out_jobs_loses_its_locks_before_the_lease_ends[worker]",
                "whoever_carries_out_jobs_loses_its_locks_before_the_lease_ends[recovery]",
                "a_gateway_that_is_frozen_holds_nothing_for_longer_than_a_lease",
            ),
            *of("journeys/test_pauses", "a_worker_frozen_in_its_transaction_holds_up_nobody"),
        ),
    ),
    Mutant(
        name="transactions-without-limit",
        breaks="A transaction may last for longer than its lease, statement after statement.",
        edits=(("tasks/engine/apps.py", "if connection.pg_version >= 170_000:", "if False:"),),
        tests=of(
            "engine/test_sessions",
            "whoever_carries_out_jobs_loses_its_locks_before_the_lease_ends[worker]",
        ),
    ),
    Mutant(
        name="void-without-tombstone",
        breaks="A charge that comes after its void is made.",
        edits=(
            (
                f"{SANDBOX}/provider.py",
                "if entry.status != EntryStatus.DECLINED and not entry.is_late:",
                "if entry.status in (EntryStatus.CAPTURED, EntryStatus.PENDING):",
            ),
        ),
        tests=(
            *of("shop/test_sandbox", "a_void_before_the_charge_forbids_it_for_good"),
            *of(KILLS, "a_job_that_is_cancelled_while_its_worker_is_frozen[checkout]"),
        ),
    ),
)
