"""What a break of the shop is, as the tables beside this file write it."""

from dataclasses import dataclass

# A file, what stands there exactly once, and what is to stand there instead.
Edit = tuple[str, str, str]

ENGINE = "tasks/engine"
JOBS, LINKS, RECOVERY = f"{ENGINE}/jobs.py", f"{ENGINE}/links.py", f"{ENGINE}/recovery.py"
PUBLISH, ROWS, WIRING = f"{ENGINE}/publish.py", f"{ENGINE}/rows.py", f"{ENGINE}/workflow.py"
ATTEMPTS = f"{ENGINE}/attempts.py"
TURN, TURNS = f"{ENGINE}/turn.py", f"{ENGINE}/turns.py"

# What the exhaustive tests say, each of one workflow and one way through it.
KILLS, DIES = "workflows/test_kill_points", "a_worker_that_is_killed_or_freezes"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A break of the shop, and what must notice it.

    Of `tests` every one must fail; one that is named without its parameters fails when one of its
    cases does. `chaos` names kinds of faults under which a running shop must break an invariant.
    """

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...] = ()
    chaos: tuple[str, ...] = ()


def of(file: str, *sentences: str) -> tuple[str, ...]:
    """Return tests of a file by what they say."""
    return tuple(f"tests/{file}.py::test_{sentence}" for sentence in sentences)
