"""Opening the shop: what is started in which order, and what a person is told of it."""

import sys
import time
from pathlib import Path

from config import secrets
from config.local import demo, options, placement, ports, report
from config.local.client import Refusal
from config.local.options import Options
from config.local.problem import Problem
from config.local.processes import MARK, spawn
from config.local.programs import table
from config.local.report import say
from config.local.servers import Postgres, Redis
from config.local.supervisor import Supervisor

SERVER_SECONDS, PREPARE_SECONDS, SHOP_SECONDS = 60, 150, 90
STAFF = "admin"


def open_shop(supervisor: Supervisor, wanted: Options, *, begun_at: float) -> None:
    """Start everything and say what a person wants to know. Raises Problem, or Stopped."""
    directory = supervisor.directory
    options.check_settings()
    options.check_ports(wanted)
    options.check_servers(wanted)
    say(f"data, logs and generated secrets: {directory.path}")
    database_url, redis_url = start_servers(supervisor, wanted)
    directory.write_addresses(database_url=database_url, redis_url=redis_url)
    environment = {
        **options.os_environment(),
        MARK: directory.mark,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SHOP_DATA_DIR": str(directory.path),
        "SHOP_SECRET_KEY": directory.secret("secret_key"),
        "SHOP_SANDBOX_WEBHOOK_SECRET": directory.secret(
            "sandbox_webhook_secret", make=secrets.for_webhooks
        ),
        "PYTHONUNBUFFERED": "1",
    }
    password = directory.secret("admin_password")
    flower_password = directory.secret("flower_password")
    processes = table(
        options=wanted,
        environment=environment,
        flower_password=flower_password,
        log=directory.log,
    )
    say("preparing the database")
    supervisor.launch(*(process for process in processes if not process.needs_database))
    prepare(supervisor, {**environment, "SHOP_ADMIN_PASSWORD": password})
    say("starting gateway, workers, recovery, beat and Flower")
    supervisor.launch(*(process for process in processes if process.needs_database))
    supervisor.await_ready(seconds=SHOP_SECONDS)
    show_demo(supervisor, wanted, password=password)
    address = wanted.address
    say()
    say(f"gateway     {address}/")
    say(f"API's page  {address}/api/docs")
    say(f"back office {address}/admin/")
    say(f"Flower      {wanted.flower_address}/  (user {STAFF}, password {flower_password})")
    say(f"staff login {STAFF}, password {password}")
    say(f"ready after {time.monotonic() - begun_at:.1f} s: {address}/ (Ctrl-C stops the shop)")


def start_servers(supervisor: Supervisor, wanted: Options) -> tuple[str, str]:
    """Start the servers that the environment does not name; return both addresses."""
    directory = supervisor.directory
    kept = directory.read("ports.json")
    database_url, redis_url = wanted.database_url, wanted.redis_url
    if not database_url:
        say("starting PostgreSQL")
        postgres = Postgres(
            directory=placement.data_directory(directory.path / "postgres"),
            log=directory.log("postgres"),
            port=ports.free(preferred=kept.get("postgres")),
            password=directory.secret("postgres_password"),
            mark=f"{directory.mark}-postgres",
        )
        supervisor.launch(postgres)
        database_url, kept["postgres"] = postgres.url, postgres.port
    if not redis_url:
        say("starting Valkey, which speaks Redis")
        redis = Redis(
            directory=directory.path / "redis",
            log=directory.log("redis"),
            port=ports.free(preferred=kept.get("redis")),
            password=directory.secret("redis_password"),
            mark=f"{directory.mark}-redis",
        )
        supervisor.launch(redis)
        redis_url, kept["redis"] = redis.url, redis.port
    supervisor.await_ready(seconds=SERVER_SECONDS)
    directory.write("ports.json", kept)
    return database_url, redis_url


def prepare(supervisor: Supervisor, environment: dict[str, str]) -> None:
    """Migrate and load the sample, in a process of its own. Raises Problem when that fails."""
    directory = supervisor.directory
    log = directory.log("prepare")
    with log.open("wb") as output:
        helper = spawn(
            (sys.executable, "-m", "config.local.prepare"),
            environment=environment,
            directory=options.ROOT,
            output=output,
        )
    said = 0

    def relay() -> bool:
        """Say what the process says of its progress."""
        nonlocal said
        lines = [line for line in _lines(log) if line.startswith("* ")]
        for line in lines[said:]:
            say(line.removeprefix("* "))
        said = len(lines)
        return helper.poll() is not None

    supervisor.watch(helper)
    done = supervisor.wait(relay, seconds=PREPARE_SECONDS)
    relay()
    last = _lines(log)[-1:]
    if not done or helper.poll() != 0:
        reason = last[0] if done and last else f"not done after {PREPARE_SECONDS} s"
        raise Problem(f"the database cannot be prepared: {reason} (log: {log})")
    if last == ["loaded"]:
        demo.want(directory)


def _lines(log: Path) -> list[str]:
    return [line for line in log.read_text(errors="replace").splitlines() if line.strip()]


def show_demo(supervisor: Supervisor, wanted: Options, *, password: str) -> None:
    """Place the demo order if it is wanted, and print its job's steps."""
    directory = supervisor.directory
    if demo.is_wanted(directory):
        say("placing a demo order")
    try:
        job = demo.job(
            directory=directory,
            address=wanted.address,
            wait=supervisor.wait,
            username=STAFF,
            password=password,
        )
    except Refusal as error:
        say(f"the demo order FAILED: {error}")
        return
    if job:
        say()
        report.steps(job)
        if job["state"] != "succeeded":
            cause = job["error"] or {}
            say(f"the demo order FAILED: {cause.get('code')}, {cause.get('detail')}")
