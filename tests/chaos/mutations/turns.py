"""Breaks of what a turn makes of a job: its commit, its way back, and what it keeps."""

from tests.chaos.mutations.mutant import ATTEMPTS, DIES, JOBS, KILLS, ROWS, TURN, TURNS, Mutant, of

GOING, CANCELLING, FAULTS = "engine/test_turns", "engine/test_cancel", "workflows/test_faults"

MUTANTS = (
    Mutant(
        name="two-commits",
        breaks="What a step did, and that it did it, are committed one after the other.",
        edits=(
            (
                TURNS,
                "                    turn.save()\n",
                "                with transaction.atomic():\n                    turn.save()\n",
            ),
        ),
        tests=(
            *of(GOING, "what_a_step_did_and_that_it_did_it_are_one_commit"),
            *of(FAULTS, "a_worker_that_dies_before_each_commit[checkout]"),
            *of(KILLS, f"{DIES}[checkout-forward]"),
        ),
    ),
    Mutant(
        name="no-savepoint",
        breaks="A step that fails leaves behind what it had done.",
        edits=((TURN, "transaction.set_rollback(True)", "pass"),),
        tests=(
            *of(GOING, "a_refused_step_leaves_nothing_of_its_own_behind"),
            *of(FAULTS, "a_step_that_fails_for_good[checkout.reserve_stock-Refused-during]"),
        ),
    ),
    Mutant(
        name="failed-call-not-undone",
        breaks="A call that failed is left out of the way back: it may have arrived.",
        edits=(
            (
                TURN,
                "if not isinstance(self.step, Call) or self.is_skipped:\n            self.job",
                "if True:\n            self.job",
            ),
        ),
        tests=(
            *of(GOING, "a_call_that_was_refused_is_taken_back_under_the_same_key"),
            *of(CANCELLING, "a_call_whose_answer_comes_after_the_cancellation_is_taken_back"),
            *of(KILLS, f"{DIES}[checkout-failed]"),
            *of(FAULTS, "a_step_that_fails_for_good[checkout.take_payment-Refused-during]"),
        ),
    ),
    Mutant(
        name="acceptance-not-undone",
        breaks="What accepting a job took is not given back.",
        edits=((TURNS, "    if turn.workflow.undo:\n", "    if False:\n"),),
        tests=(
            *of(GOING, "a_refusal_undoes_what_was_done_backwards"),
            *of(FAULTS, "a_step_that_fails_for_good[checkout.take_payment-Refused-during]"),
        ),
    ),
    Mutant(
        name="back-from-anywhere",
        breaks="A job is taken back after its money has moved.",
        edits=((TURN, "return not self.workflow.is_past_pivot(self.job)", "return True"),),
        tests=of(GOING, "after_the_pivot_a_job_that_cannot_go_on_is_stuck_and_never_undone"),
    ),
    Mutant(
        name="undo-once",
        breaks="An undo that fails is not tried again.",
        edits=((TURN, "self._tries_again(error, FORWARD_TRIES)", "self._tries_again(error, 1)"),),
        tests=of(GOING, "an_undo_that_passes_in_the_end_is_done_once"),
    ),
    Mutant(
        name="cancel-not-looked-at",
        breaks="A job goes on although it is to be cancelled.",
        edits=(
            (
                TURNS,
                "    if turn.job.cancel_requested and turn.can_go_back:\n        turn.turn_back()",
                "    if False:\n        turn.turn_back()",
            ),
            (
                TURNS,
                "    if job.cancel_requested and turn.can_go_back:\n        return None",
                "    if False:\n        return None",
            ),
        ),
        tests=of(
            CANCELLING,
            "a_job_that_has_not_begun_is_taken_back_without_a_step",
            "what_was_done_is_undone_and_a_call_that_may_have_arrived_too",
        ),
    ),
    Mutant(
        name="refused-among-others-not-undone",
        breaks="What was done for a job that is refused among several stays.",
        edits=(
            (
                TURNS,
                "state == State.COMPENSATING:\n        _unwind(turn)\n    elif",
                "state == State.COMPENSATING:\n        turn.finish(turn.job.outcome)\n    elif",
            ),
        ),
        tests=of(
            "workflows/test_batches",
            "the_last_copies_go_to_whoever_came_first_and_the_others_lose_nothing",
        ),
    ),
    Mutant(
        name="last-copy-to-several",
        breaks="Jobs of one message are each promised the copies that are free before it.",
        edits=(
            (
                "shop/inventory/fulfillment.py",
                "            free.subtract(promise.quantities)\n",
                "",
            ),
        ),
        tests=of(
            "workflows/test_batches",
            "a_refusal_of_one_in_many_is_the_same_as_of_one_alone",
        ),
    ),
    Mutant(
        name="crash-limit-gone",
        breaks="A job may kill workers for ever.",
        edits=((TURNS, "if job.claims >= rows.MAX_CLAIMS:", "if False:"),),
        tests=of("engine/test_recovery", "a_job_that_cost_ten_workers_is_undone"),
    ),
    Mutant(
        name="new-key-for-each-attempt",
        breaks="The outside cannot know a second attempt from a second order.",
        edits=(
            (
                TURN,
                '"key": f"{self.job.pk}:{name}"',
                '"key": f"{self.job.pk}:{name}:{self.job.seq}"',
            ),
        ),
        tests=(
            *of(GOING, "a_passing_fault_is_tried_again_later_and_counts"),
            *of(FAULTS, "a_step_whose_fault_passes[checkout.take_payment-during]"),
        ),
    ),
    Mutant(
        name="lease-not-renewed",
        breaks="A turn leaves due_at as it was, unless the job rests.",
        edits=(
            (
                ROWS,
                "due_at = statement_timestamp() + new.due_in * interval '1 second',",
                "due_at = CASE WHEN new.due_in IS NULL THEN NULL ELSE job.due_at END,",
            ),
        ),
        tests=of(
            "engine/test_waiting",
            "it_says_what_it_waits_for_and_leaves_no_trace",
            "news_that_comes_while_it_looks_is_not_lost",
        ),
    ),
    Mutant(
        name="no-pause",
        breaks="What fails is tried again at once.",
        edits=((TURN, "return timedelta(seconds=seconds * ", "return timedelta(seconds=0 * "),),
        tests=of(GOING, "the_pauses_between_attempts_grow_and_stay_below_their_limit"),
    ),
    Mutant(
        name="database-to-blame",
        breaks="A database that is away counts as an attempt of the step.",
        edits=(
            (
                ATTEMPTS,
                "isinstance(error, DATABASE_ERRORS):\n            raise",
                "False:\n            raise",
            ),
        ),
        tests=of(GOING, "a_database_that_fails_counts_as_nothing_and_the_job_comes_back_at_once"),
    ),
    Mutant(
        name="secrets-kept",
        breaks="Secrets stay until the job ends.",
        edits=((TURN, "secrets=self._secrets_left(),", "secrets=job.secrets,"),),
        tests=of(
            GOING,
            "a_secret_is_encrypted_and_goes_with_the_commit_that_last_needs_it",
            "a_secret_goes_when_a_job_turns_back",
        ),
    ),
    Mutant(
        name="key-of-any-request",
        breaks="An idempotency key answers with a job that another request started.",
        edits=((JOBS, "if job and not compare_digest(", "if False and not compare_digest("),),
        tests=(
            *of("engine/test_cancel", "a_key_makes_one_job_and_belongs_to_one_request"),
            *of("api/test_conventions_accepting", "the_same_key_for_another_request_is_422"),
        ),
    ),
    Mutant(
        name="keys-not-locked",
        breaks="Two requests with one key decide at the same time.",
        edits=((JOBS, "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", "SELECT %s"),),
        tests=of("api/test_conventions_accepting", "many_requests_at_one_moment_make_one_job"),
    ),
)
