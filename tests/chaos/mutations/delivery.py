"""Breaks of how messages come and what copies of them may do."""

from tests.chaos.mutations.mutant import (
    DIES,
    JOBS,
    KILLS,
    LINKS,
    PUBLISH,
    RECOVERY,
    ROWS,
    TURN,
    Edit,
    Mutant,
    of,
)

BATCHES = "workflows/test_batches"
COPIES, PUBLISHING, RECOVERING = "engine/test_copies", "engine/test_publish", "engine/test_recovery"
IN_TIME = "a_message_leaves_when_its_transaction_is_over_and_not_before"
LOOK: Edit = (ROWS, 'AND seq = %s", job_id, seq)', 'AND %s >= 0", job_id, seq)')
LOCK: Edit = (ROWS, 'AND seq = %s FOR UPDATE"', 'AND %s >= 0 FOR UPDATE"')


def _early(file: str, before: str) -> Edit:
    """Have a job be published within its transaction."""
    return (
        file,
        f"{before}transaction.on_commit(lambda: publish(job), robust=True)",
        (f"{before}publish(job)"),
    )


MUTANTS = (
    Mutant(
        name="no-fence",
        breaks="A worker looks for its job and locks it by the id alone.",
        edits=(LOOK, LOCK),
        tests=(
            *of("engine/test_turns", "a_second_copy_of_a_message_does_nothing"),
            *of(COPIES, "an_answer_after_a_copy_has_gone_on_is_dropped"),
            *of(KILLS, f"{DIES}[checkout-forward]"),
        ),
        chaos=("messages_thrice", "freeze_worker"),
    ),
    Mutant(
        name="fence-before-the-call-only",
        breaks="A job is locked by its id alone: what happened since the look does not count.",
        edits=(LOCK,),
        tests=of(
            COPIES,
            "a_copy_in_the_middle_of_a_turn_waits_and_then_does_nothing",
            "an_answer_after_a_copy_has_gone_on_is_dropped",
            "an_answer_after_the_job_was_taken_back_is_dropped",
        ),
    ),
    Mutant(
        name="no-lock",
        breaks="A job is read by id and seq, and not locked.",
        edits=((ROWS, ' FOR UPDATE", job_id, seq)', '", job_id, seq)'),),
        tests=of(COPIES, "a_copy_in_the_middle_of_a_turn_waits_and_then_does_nothing"),
    ),
    Mutant(
        name="stuck-goes-on",
        breaks="A message for a job that rests is carried out.",
        edits=((ROWS, "if not found or found[0].job.due_at is None:", "if not found:"),),
        tests=of(COPIES, "a_message_for_a_job_that_is_stuck_does_nothing"),
    ),
    Mutant(
        name="chain-goes-on",
        breaks="Celery is not told when nothing of a chain is left to send.",
        edits=((LINKS, "self.request.chain = None", "pass"),),
        tests=of(COPIES, "a_link_that_did_not_carry_its_job_on_ends_its_chain"),
    ),
    Mutant(
        name="no-recovery",
        breaks="Recovery finds nothing that is due.",
        edits=((RECOVERY, ".filter(due_at__lte=Now())\n", ".filter(due_at=None)\n"),),
        tests=(
            *of(RECOVERING, "a_due_job_is_published_again_with_the_same_seq"),
            *of(KILLS, f"{DIES}[capacity_check-lost]"),
        ),
        chaos=("kill_worker", "lose_redis"),
    ),
    Mutant(
        name="recovery-raises-seq",
        breaks="Recovery makes messages stale that only wait in a deep queue.",
        edits=(
            (RECOVERY, "job.publications += 1", "job.publications += 1; job.seq += 1"),
            (
                RECOVERY,
                'publications=F("publications") + 1',
                'publications=F("publications") + 1, seq=F("seq") + 1',
            ),
        ),
        tests=(
            *of(RECOVERING, "a_due_job_is_published_again_with_the_same_seq"),
            *of(
                "engine/test_overload",
                "the_first_message_carries_a_job_on_however_long_it_has_waited",
            ),
        ),
    ),
    Mutant(
        name="copies-in-deep-queues",
        breaks="Recovery adds copies of what waits in a long queue still.",
        edits=(
            (
                RECOVERY,
                "return sent_later or accepted_at",
                "return True or accepted_at",
            ),
        ),
        tests=(
            *of(
                "engine/test_withheld_copies",
                "behind_others_that_wait_there_are_no_copies_but_first_messages",
            ),
            *of("engine/test_overload", "while_those_before_it_wait_still_a_job_gets_no_copies"),
        ),
    ),
    Mutant(
        name="recovery-waits",
        breaks="Recovery waits for whoever holds one of the jobs that are due.",
        edits=((RECOVERY, "select_for_update(skip_locked=True)", "select_for_update()"),),
        tests=of(COPIES, "recovery_waits_for_nobody_who_holds_a_job"),
    ),
    Mutant(
        name="grace-stays",
        breaks="Copies follow each other as quickly however many there were.",
        edits=((RECOVERY, "LEASE * 2.0**doublings", "LEASE"),),
        tests=of(RECOVERING, "the_grace_doubles_with_every_copy_up_to_its_limit"),
    ),
    Mutant(
        name="published-early",
        breaks="A new job is published before its transaction is over.",
        edits=(
            (
                JOBS,
                "transaction.on_commit(lambda: collector.send(job), robust=True)",
                "collector.send(job)",
            ),
            (
                JOBS,
                "transaction.on_commit(lambda: publish_all(made), robust=True)",
                "publish_all(made)",
            ),
        ),
        tests=(
            *of(RECOVERING, "starting_a_job_publishes_its_chain_on_commit_only"),
            *of(PUBLISHING, f"{IN_TIME}[_start]"),
            *of(KILLS, f"{DIES}[checkout-forward]"),
        ),
    ),
    Mutant(
        name="undo-published-early",
        breaks="A job that turns back is published before its transaction is over.",
        edits=(
            (
                TURN,
                "transaction.on_commit(lambda: publish_all(again), robust=True)",
                "publish_all(again)",
            ),
        ),
        tests=(
            *of(PUBLISHING, f"{IN_TIME}[_turn_back]"),
            *of(KILLS, f"{DIES}[checkout-failed]"),
        ),
    ),
    Mutant(
        name="woken-early",
        breaks="A job that is woken is published before its transaction is over.",
        edits=(_early(JOBS, "\n            "),),
        tests=of(PUBLISHING, f"{IN_TIME}[_wake]"),
    ),
    Mutant(
        name="frail-acceptance",
        breaks="What fails when an accepted job is published becomes the answer.",
        edits=(
            (
                JOBS,
                "transaction.on_commit(lambda: collector.send(job), robust=True)",
                "transaction.on_commit(lambda: collector.send(job))",
            ),
        ),
        tests=of(PUBLISHING, "an_accepted_job_stays_accepted_whatever_happens_to_its_message"),
    ),
    Mutant(
        name="patient-publisher",
        breaks="Whoever publishes waits for a frozen broker for good.",
        edits=(
            (
                "config/celery.py",
                '"socket_timeout": 1.0 if settings.SHOP_ROLE != "gateway" else 0.5,',
                "",
            ),
        ),
        tests=of(PUBLISHING, "a_frozen_broker_costs_one_short_wait_and_not_one_for_each_job"),
    ),
    Mutant(
        name="no-breaker",
        breaks="Every job pays for a broker that is away.",
        edits=((PUBLISH, "_paused_until = time.monotonic() + PAUSE", "pass"),),
        tests=of(PUBLISHING, "a_frozen_broker_costs_one_short_wait_and_not_one_for_each_job"),
    ),
    Mutant(
        name="unsent-counts-as-sent",
        breaks="A job that could not be sent waits as if a worker had it.",
        edits=((PUBLISH, "                _note_unsent(group)", "                pass"),),
        tests=of(
            RECOVERING, "a_job_that_could_not_be_sent_is_due_at_once_and_counts_as_never_sent"
        ),
    ),
    Mutant(
        name="claims-not-counted",
        breaks="A worker that takes a suspect does not say so.",
        edits=((ROWS, 'claims=F("claims") + 1', 'claims=F("claims")'),),
        tests=of(RECOVERING, "a_job_that_cost_ten_workers_is_undone"),
    ),
    Mutant(
        name="claims-not-forgiven",
        breaks="Workers that were killed long ago still count against a job.",
        edits=((ROWS, "        claims = 0, claimed_by = '',", "        claimed_by = '',"),),
        tests=of(RECOVERING, "a_claim_that_ends_in_a_commit_does_not_count"),
    ),
    Mutant(
        name="several-without-a-fence",
        breaks="A message for several jobs counts whatever happened to them since.",
        edits=((ROWS, "if job.seq == messages[job.pk] and job.due_at", "if job.due_at"),),
        tests=of(BATCHES, "a_stale_message_for_several_does_nothing_though_they_are_where_it_says"),
    ),
    Mutant(
        name="suspects-among-others",
        breaks="Jobs that may kill workers share a message with others.",
        edits=((PUBLISH, "or job.publications >= SUSPECT:", "or False:"),),
        tests=of(
            BATCHES,
            "who_may_kill_workers_comes_alone",
            "recovery_sends_those_that_go_the_same_way_in_one_message",
        ),
    ),
    Mutant(
        name="news-lost",
        breaks="News that comes while a job looks is forgotten.",
        edits=((JOBS, 'update(signals=F("signals") + 1)', 'update(signals=F("signals"))'),),
        tests=of("engine/test_waiting", "news_that_comes_while_it_looks_is_not_lost"),
    ),
)
