"""One attempt at a step, and what its failure means: the shop's no, the database's, or a bug."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError

from shop.core.errors import Refused, Unavailable
from tasks.engine.workflow import Function, Many, Outcome, arguments

# The database failed, or ended the session: nobody knows anything about the step.
DATABASE_ERRORS = (OperationalError, InterfaceError)
# … but with these it only cancelled a statement, because of a lock, a deadlock or a time limit.
# Source: PostgreSQL's table of error codes.
BUSY = {"40001", "40P01", "55P03", "57014"}
# The last: the session knows statements that a migration has made untrue, and never forgets them.
SESSION_ENDED = {"25P03", "25P04", "0A000"}


def is_session_ended(error: Exception) -> bool:
    """Return whether the session is over: held up in its transaction, or older than a table."""
    return getattr(error.__cause__, "sqlstate", None) in SESSION_ENDED


def is_database_lost(error: Exception) -> bool:
    """Return whether the database has failed, and not only given up a statement."""
    busy = getattr(error.__cause__, "sqlstate", None) in BUSY
    return isinstance(error, DATABASE_ERRORS) and not busy


class WorkersCrashed(Refused):
    """The job killed one worker after another; the step it died in is not run again."""

    code = "workers_crashed"
    detail = "The step ended its worker again and again."


class DatabaseBusy(Unavailable):
    """PostgreSQL gave the step up: others held what it needs, or it took too long."""

    code = "database_busy"
    detail = "The database is busy; the step is tried again."


def attempt(function: Function, values: Mapping[str, Any]) -> Outcome:
    """Return what the function returns or raises, given those of the values that it asks for.

    One that is not there keeps the function's default: jobs may be older than an input.
    Raises what the database raises when it fails: then nobody knows anything about the step.
    """
    try:
        known = arguments(function) & values.keys()
        return function(**{name: values[name] for name in known}) or {}
    except DatabaseError as error:
        state = getattr(error.__cause__, "sqlstate", None)
        if state in BUSY:
            return DatabaseBusy()
        if state in SESSION_ENDED or isinstance(error, DATABASE_ERRORS):
            raise
        return error
    except InterfaceError:
        raise
    except Exception as error:
        return error


def attempt_many(many: Many, do: Function, values: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Return what `many` answers for each of several jobs, given what `do` asks for.

    Raises what it raises: what it wrote until then must not be kept.
    """
    names = arguments(do)
    asked = [{name: one[name] for name in names & one.keys()} for one in values]
    return [outcome or {} for outcome in many(asked)]
