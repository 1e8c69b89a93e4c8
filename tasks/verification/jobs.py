"""Rules of jobs: what the engine promises of each."""

ACTIVE = "SELECT count(*) FROM jobs_job WHERE due_at IS NOT NULL OR state = 'stuck'"
ENDED = "SELECT count(*) FROM jobs_job WHERE finished_at IS NOT NULL AND finished_at >= %(since)s"

RULES = {
    "A job that ended accounts for each of its steps.": (
        ENDED,
        """
        SELECT id, kind, state, jsonb_path_query_array(steps, '$[*].state') AS steps FROM jobs_job
        WHERE finished_at IS NOT NULL AND finished_at >= %(since)s AND (
            steps = '[]' OR state = 'succeeded' AND result IS NULL
            OR CASE WHEN state = 'succeeded' THEN jsonb_path_exists(
                    steps, '$[*] ? (@.state != "done" && @.state != "skipped")')
                ELSE jsonb_path_exists(steps, '$[*] ? (@.state != "undone"
                    && @.state != "failed" && @.state != "skipped")') END)""",
    ),
    "A job that ended keeps nothing but what it tells.": (
        ENDED,
        """
        SELECT id, kind, state FROM jobs_job
        WHERE finished_at IS NOT NULL AND finished_at >= %(since)s
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
