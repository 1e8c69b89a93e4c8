"""Opening the shop: what is started in which order, and what a person is told of it."""

import sys
import time

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
        "SHOP_SANDBOX_WEBHOOK_SECRET": directory.secret("sandbox_webhook_secret"),
        "PYTHONUNBUFFERED": "1",
    }
    password = directory.secret("admin_password")
    prepare(supervisor, {**environment, "SHOP_ADMIN_PASSWORD": password})
    say("starting gateway, workers, recovery, beat and Flower")
    flower_password = directory.secret("flower_password")
    processes = table(
        options=wanted,
        environment=environment,
        flower_password=flower_password,
        log=directory.log,
    )
    supervisor.start(*processes, seconds=SHOP_SECONDS)
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
        supervisor.start(postgres, seconds=SERVER_SECONDS)
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
        supervisor.start(redis, seconds=SERVER_SECONDS)
        redis_url, kept["redis"] = redis.url, redis.port
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
        """Say what the process says, all but its last word."""
        nonlocal said
        lines = log.read_text(errors="replace").split("\n")
        for line in lines[said:-1]:
            if line not in {"loaded", "kept"}:
                say(line)
            said += 1
        return helper.poll() is not None

    supervisor.watch(helper)
    done = supervisor.wait(relay, seconds=PREPARE_SECONDS)
    relay()
    if not done or helper.poll() != 0:
        raise Problem(f"the database could not be made ready; see {log}")
    if log.read_text(errors="replace").split()[-1:] == ["loaded"]:
        demo.want(directory)


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
            say(f"the demo order FAILED: its job is {job['state']} ({job['error']})")
