"""Rules of jobs: what the engine promises of each."""

ACTIVE = "SELECT count(*) FROM jobs_job WHERE due_at IS NOT NULL OR state = 'stuck'"
ENDED = "SELECT count(*) FROM jobs_job WHERE finished_at > %(since)s AND finished_at <= %(until)s"

RULES = {
    "A job that ended accounts for each of its steps.": (
        ENDED,
        """
        SELECT id, kind, state, jsonb_path_query_array(steps, '$[*].state') AS steps FROM jobs_job
        WHERE finished_at > %(since)s AND finished_at <= %(until)s AND (
            steps = '[]' OR state = 'succeeded' AND result IS NULL
            OR CASE WHEN state = 'succeeded' THEN jsonb_path_exists(
                    steps, '$[*] ? (@.state != "done" && @.state != "skipped")')
                ELSE jsonb_path_exists(steps, '$[*] ? (@.state != "undone"
                    && @.state != "failed" && @.state != "skipped")') END)""",
    ),
    "A job that ended has the steps of its workflow.": (
        ENDED,
        """
        SELECT id, kind, version, found.names FROM jobs_job
        JOIN unnest(%(kinds)s::text[], %(versions)s::int[], %(names)s::text[])
            AS known (kind, version, names) USING (kind, version)
        CROSS JOIN LATERAL (
            SELECT string_agg(step ->> 'name', ' ' ORDER BY position) AS names
            FROM jsonb_array_elements(steps) WITH ORDINALITY AS step (step, position)) found
        WHERE finished_at > %(since)s AND finished_at <= %(until)s
        AND found.names IS DISTINCT FROM known.names""",
    ),
    "Each step that was done or failed was tried, and one is why a job failed.": (
        ENDED,
        """
        SELECT id, kind, state, error, steps FROM jobs_job
        WHERE finished_at > %(since)s AND finished_at <= %(until)s AND (
            jsonb_path_exists(steps, '$[*] ? ((@.state == "done" || @.state == "failed")
                && (@.attempts < 1 || @.finished_at == null))')
            OR (state = 'failed') <> (error IS NOT NULL)
            OR state = 'failed' AND jsonb_array_length(
                jsonb_path_query_array(steps, '$[*] ? (@.state == "failed")')) <> 1)""",
    ),
    "A registration that ended leaves all of a customer, or nothing.": (
        f"{ENDED} AND kind = 'registration'",
        """
        SELECT id, state, parts FROM jobs_job job CROSS JOIN LATERAL (SELECT
            (SELECT count(*) FROM customers_account WHERE job_id = job.id)
            + (SELECT count(*) FROM customers_fullname WHERE job_id = job.id)
            + (SELECT count(*) FROM customers_address WHERE job_id = job.id)
            + (SELECT count(*) FROM customers_customer WHERE job_id = job.id)
            -- A cart goes with the account.
            + (SELECT count(*) FROM carts_cart WHERE job_id = job.id)
            + (SELECT count(*) FROM customers_account
               WHERE job_id = job.id AND erased_at IS NOT NULL) AS parts) left_behind
        WHERE kind = 'registration'
        AND finished_at > %(since)s AND finished_at <= %(until)s
        AND parts <> CASE WHEN state = 'succeeded' THEN 5 ELSE 0 END""",
    ),
    "A job that ended keeps nothing but what it tells.": (
        ENDED,
        """
        SELECT id, kind, state FROM jobs_job
        WHERE finished_at > %(since)s AND finished_at <= %(until)s
        AND (input <> '{}' OR data <> '{}' OR secrets IS NOT NULL OR action IS NOT NULL)""",
    ),
    "No job is overdue by more than five minutes.": (
        ACTIVE,
        """
        SELECT id, kind, state, due_at FROM jobs_job
        WHERE due_at < statement_timestamp() - interval '5 minutes'""",
    ),
    "The workflow of every job under way is known, with the step that is next.": (
        ACTIVE,
        """
        SELECT id, kind, version, cursor FROM jobs_job
        LEFT JOIN unnest(%(kinds)s::text[], %(versions)s::int[], %(lengths)s::int[])
            AS known (kind, version, steps_known) USING (kind, version)
        WHERE (due_at IS NOT NULL OR state = 'stuck') AND cursor >= coalesce(steps_known, -9)""",
    ),
}
