"""Delete what is old: finished jobs with their keys, logins, tokens, messages of providers."""

from dataclasses import replace

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import upkeep
from tasks.workflows.scheduled import Scheduled

# Runs that began before there were tokens go on without.
WITHOUT_TOKENS = register(
    Workflow(
        kind="clean_up",
        input=Scheduled,
        links=(
            # What is deleted is gone, and each step deletes what it would another time.
            Link(
                "customers",
                Step(name="delete_jobs", do=upkeep.delete_jobs, pivot=True),
                Step(name="delete_logins", do=upkeep.delete_logins),
                Step(name="delete_events", do=upkeep.delete_events),
            ),
        ),
        result=("jobs", "logins", "events"),
    )
)

(LINK,) = WITHOUT_TOKENS.links

CLEAN_UP = register(
    replace(
        WITHOUT_TOKENS,
        version=2,
        links=(
            Link(
                LINK.queue,
                *LINK.steps,
                Step(name="delete_tokens", do=upkeep.delete_tokens),
                Step(name="delete_guesses", do=upkeep.delete_guesses),
            ),
        ),
        result=(*WITHOUT_TOKENS.result, "tokens", "guesses"),
    )
)
