"""The same checkout as bare SQL: what this PostgreSQL could do if nobody asked for more."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config.local import placement
from config.local.options import ROOT
from config.local.processes import spawn
from tests.bench.yardsticks.measured import Measured, NotMeasured

HERE = Path(__file__).parent
DATABASE = "yardstick"
CLIENTS, THREADS = 8, 2
_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def other_database(url: str, name: str) -> str:
    """Return the address of another database of the same server, made where it is missing."""
    with psycopg.connect(url, autocommit=True) as session:
        there = session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not there:
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


def checkouts(database_url: str, *, number: int, servers_cpu: Callable[[], float]) -> Measured:
    """Have pgbench do so many checkouts, on tables of their own. May be repeated.

    Raises NotMeasured when they were not done.
    """
    url = other_database(database_url, DATABASE)
    each = -(-number // CLIENTS)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute((HERE / "schema.sql").read_bytes())
        session.execute(
            "INSERT INTO cart_item SELECT cart, 120 * n + 1 + cart %% 120, 1"
            " FROM generate_series(1, %s) cart, generate_series(0, 2) n",
            [each * CLIENTS],
        )
        session.execute("VACUUM ANALYZE")
    address = urlsplit(url)
    program = placement.package(placement.PACKAGE) / "pginstall" / "bin" / "pgbench"
    cpu = servers_cpu() + _children_cpu()
    done = _run(
        program,
        *("-h", address.hostname, "-p", address.port, "-U", address.username, DATABASE),
        *("-n", "-M", "prepared", "-c", CLIENTS, "-j", THREADS, "-t", each),
        *("-D", "i=0", "-D", f"carts={each}", "-f", HERE / "checkout.sql"),
        password=address.password or "",
    )
    cpu = servers_cpu() + _children_cpu() - cpu
    with psycopg.connect(url) as session:
        orders = session.execute('SELECT count(*) FROM "order"').fetchone()
        left = session.execute("SELECT count(*) FROM cart_item").fetchone()
    if orders != (each * CLIENTS,) or left != (0,) or not (rate := _RATE.search(done)):
        raise NotMeasured(f"pgbench made {orders} orders and left {left} of the carts: {done}")
    return Measured(per_second=float(rate[1]), cpu_ms=1000 * cpu / (each * CLIENTS))


def _children_cpu() -> float:
    """Return the CPU time of what this process has started and seen end."""
    times = os.times()
    return times.children_user + times.children_system


def _run(*command: object, password: str) -> str:
    process = spawn(
        [str(part) for part in command],
        environment={"PGPASSWORD": password, "LC_ALL": "C"},
        directory=ROOT,
        output=subprocess.PIPE,
    )
    try:
        return process.communicate(timeout=300)[0].decode(errors="replace")
    finally:
        process.kill()
        process.wait()
