"""What one request or job costs: statements and commits as PostgreSQL sees them, and messages."""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.journeys.books import Books
from tests.journeys.processes import Shop

# A statement with the name and process id of its session, and the values that came with it; what
# follows a line of it is indented.
_ENTRY = re.compile(
    r"^\|(?P<name>[^|\n]*)\|(?P<pid>\d+)\|LOG:  (?:statement|execute [^:]*): "
    r"(?P<text>.*(?:\n\t.*)*)"
    r"(?:\n\|(?P=name)\|(?P=pid)\|DETAIL:  Parameters: (?P<values>.*(?:\n\t.*)*))?",
    re.MULTILINE,
)
_VALUE = re.compile(r"(\$\d+) = (NULL|'(?:[^']|'')*')")
_FRAME = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")
_WRITE = re.compile(r"(INSERT|UPDATE|DELETE)\b")
# Not the job's: the sandbox's own ledger, what Django asks once for each process, and the gateway's
# look at the queue once a second.
_FOREIGN = re.compile(r"\b(sandbox_entry|sandbox_refund|pg_type|AS queue)\b")
# How a turn begins: it looks at the job, by its id, without locking it.
_LOOK = re.compile(
    r"SELECT (?!.*FOR UPDATE).* FROM jobs_job WHERE id = '(?P<job>[0-9a-f-]{36})'", re.DOTALL
)


@dataclass
class Cost:
    """Statements in their order, without those that only frame a transaction, and commits."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def add(self, transaction: list[str], *, committed: bool) -> None:
        """Add what one transaction did; what is foreign to the shop is left out."""
        own = [text for text in transaction if not _FOREIGN.search(text)]
        self.statements += own
        self.commits += committed and bool(own)

    def __str__(self) -> str:
        lines = [" ".join(text.split())[:110] for text in self.statements]
        listed = "\n".join(f"  {n:2} {line}" for n, line in enumerate(lines, start=1))
        return f"{len(self.statements)} statements, {self.commits} commits\n{listed}"


class Meter:
    """What was said to PostgreSQL and to the broker while it was on."""

    def __init__(self) -> None:
        self.log = ""
        self.messages: list[str] = []

    def of_sessions(self, name: str) -> Cost:
        """Return what the sessions of this application name cost."""
        cost = Cost()
        for entries in self._by_session(name).values():
            _account(entries, lambda _: cost)
        return cost

    def of_jobs(self, name: str) -> dict[str, Cost]:
        """Return what each job cost in the sessions of this application name."""
        costs: dict[str, Cost] = defaultdict(Cost)
        for entries in self._by_session(name).values():
            job = [""]

            def of_job(text: str, job: list[str] = job) -> Cost:
                if found := _LOOK.match(text):
                    job[0] = found["job"]
                return costs[job[0]]

            _account(entries, of_job)
        return {job: cost for job, cost in costs.items() if cost.statements}

    def messages_of(self, job_id: str) -> int:
        return sum(job_id in message for message in self.messages)

    def _by_session(self, name: str) -> dict[str, list[str]]:
        sessions = defaultdict(list)
        for entry in _ENTRY.finditer(self.log):
            # An empty statement is how the pool asks whether a connection still lives.
            if entry["name"] == name and entry["text"].strip():
                sessions[entry["pid"]].append(_whole(entry["text"], entry["values"] or ""))
        return sessions


def _whole(text: str, values: str) -> str:
    """Return a statement with its values, where they were logged, in the place of their numbers."""
    known = dict(_VALUE.findall(values))
    return re.sub(r"\$\d+", lambda number: known.get(number[0], number[0]), text)


def _account(entries: list[str], cost_of: Callable[[str], Cost]) -> None:
    """Add one session's statements to the costs that they belong to, transaction by transaction."""
    transaction: list[str] | None = None
    cost = cost_of("")
    for text in entries:
        frame = _FRAME.match(text)
        word = frame[1] if frame else ""
        if word == "BEGIN":
            transaction = []
        elif word in {"COMMIT", "ROLLBACK"} and not text.startswith("ROLLBACK TO"):
            cost.add(transaction or [], committed=word == "COMMIT")
            transaction = None
        elif word:
            continue
        elif transaction is not None:
            transaction.append(text)
        else:
            cost = cost_of(text)
            cost.add([text], committed=bool(_WRITE.match(text)))


@contextmanager
def values_logged(books: Books) -> Iterator[None]:
    """Have PostgreSQL log the values that come with statements, in sessions that begin from now on.

    Those that are there end.
    """
    books.write("ALTER ROLE shop SET log_error_verbosity = 'default'")
    books.write(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = 'shop' AND pid <> pg_backend_pid()"
    )
    time.sleep(1.5)  # For a second the gateway trusts a connection that has just worked.
    try:
        yield
    finally:
        books.write("ALTER ROLE shop RESET log_error_verbosity")


def meter(shop: Shop, books: Books) -> AbstractContextManager[Meter]:
    """Have PostgreSQL log every statement, and listen to the broker, for a while."""
    return listening(log=shop.postgres.log, redis_url=shop.redis.url, books=books)


@contextmanager
def listening(*, log: Path, redis_url: str, books: Books) -> Iterator[Meter]:
    """Have the PostgreSQL that writes this log do so, and listen to the broker, for a while."""
    found = Meter()
    books.write("ALTER SYSTEM SET log_line_prefix = '|%%a|%%p|'")
    books.write("ALTER SYSTEM SET log_statement = 'all'")
    books.write("SELECT pg_reload_conf()")
    time.sleep(0.5)  # Sessions that exist read the settings before their next statement.
    begin = log.stat().st_size
    try:
        with _messages(redis_url, into=found.messages):
            yield found
    finally:
        books.write("ALTER SYSTEM RESET ALL")
        books.write("SELECT pg_reload_conf()")
    with log.open("rb") as file:
        file.seek(begin)
        found.log = file.read().decode()


@contextmanager
def _messages(url: str, *, into: list[str]) -> Iterator[None]:
    """Note every message that is put into a queue."""
    with redis.Redis.from_url(url, decode_responses=True) as client, client.monitor() as monitor:
        ended = threading.Event()

        def listen() -> None:
            for heard in monitor.listen():
                command = heard["command"]
                if command.startswith("LPUSH "):
                    into.append(command)
                if "the meter is off" in command:
                    ended.set()
                    return

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield
        with redis.Redis.from_url(url) as other:
            other.echo("the meter is off")
        assert ended.wait(10), "the broker's monitor is silent"
        listener.join(10)
