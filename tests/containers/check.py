"""Run the shop in containers, buy, scale, kill each one's main process, and see it heal."""

import shutil
import subprocess
import time
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import cast

from config.local.report import say
from tests.containers.project import Container, Project
from tests.journeys.books import Books
from tests.journeys.client import Client, poll, together
from tests.journeys.mail import Mailbox
from tests.journeys.processes import Shop
from tests.journeys.test_a_new_customer import (
    PERSON,
    test_a_new_customer_registers_and_buys_and_is_told,
)

# How many checkouts are under way when something is killed.
CROWD = 8
# What is under way when a fault ends is final within the minute that the contract gives it.
SECONDS = 60.0
ONCE = {"secrets", "prepare"}
UP = ("up", "--detach", "--wait")


class Letters(Mailbox):
    """The mail that the workers have left in their volume."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._known: dict[str, EmailMessage] = {}

    def of(self, message_id: str) -> list[EmailMessage]:
        return [letter for letter in self._read() if letter["Message-ID"] == message_id]

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self._read() if letter["To"] == address]

    def _read(self) -> list[EmailMessage]:
        command = ("sh", "-c", "cat /data/mail/*.log")
        text = self._project.compose("exec", "-T", "worker-outside", *command)
        for part in filter(None, (part.strip() for part in text.split("-" * 79))):
            self._known.setdefault(part, message_from_string(part, policy=default))
        return list(self._known.values())


class Street:
    """The shop as people in the street see it: an address."""

    def __init__(self, project: Project) -> None:
        self.address = project.address
        self.crowd: list[Client] = []
        self.books: list[int] = []

    def anyone(self) -> Client:
        """Nobody in particular."""
        return Client(self.address)

    def gather(self) -> None:
        """Have a crowd of customers, and one more, register."""
        self.crowd = together(self._register, range(CROWD + 1))
        found = self.anyone().get("books?page_size=100").expect(200)["results"]
        self.books = [book["id"] for book in found if book["available"] > CROWD]

    def _register(self, number: int) -> Client:
        customer = self.anyone()
        name = {"username": f"buyer{number}", "email": f"buyer{number}@example.org"}
        job = customer.post("registrations", {**PERSON, **name}).expect(202)
        assert customer.final(job["id"])["state"] == "succeeded"
        customer.log_in(username=name["username"], password=PERSON["password"])
        return customer

    def order(self, customer: Client, book: int) -> str:
        """Ask to buy one copy, and return the job's id."""
        path = f"carts/{customer.user_id}/items/{book}"
        customer.send("PUT", path, {"quantity": 1}).expect(200)
        return customer.buy()

    def await_purchase(self, book: int) -> float:
        """Buy as somebody who tries again, and return when that was done."""
        customer = self.crowd[CROWD]

        def buy() -> bool:
            try:
                return bool(customer.final(self.order(customer, book))["state"] == "succeeded")
            except (OSError, AssertionError, ValueError):
                return False

        poll(buy, seconds=SECONDS, what="a new checkout succeeds")
        return time.time()


def main() -> int:
    """Return 0 when all of it went well; whatever happens, nothing stays."""
    if not shutil.which("docker"):
        say("make compose-check needs Docker with Compose")
        return 1
    project = Project()
    try:
        check(project)
    except subprocess.CalledProcessError as error:
        say(f"{' '.join(error.cmd)} failed: {error.stderr.strip()[-2000:]}")
        return 1
    except AssertionError:
        say(project.compose("logs", "--no-color", "--tail", "20"))
        raise
    finally:
        project.compose("down", "--volumes", "--timeout", "20")
    say("all of it heals")
    return 0


def check(project: Project) -> None:
    """Go through all of it. Raises AssertionError for what is not as it must be."""
    project.compose("down", "--volumes")
    timed("built", project, "build")
    timed("up and healthy", project, *UP)
    books, street = Books(project.database_url), Street(project)
    test_a_new_customer_registers_and_buys_and_is_told(cast(Shop, street), books, Letters(project))
    say("a new customer has registered, bought, and been told")
    for name, usage in sorted(project.memory().items()):
        say(f"  {name:<20} {usage}")
    timed("three workers instead of one", project, *UP, "--scale", "worker-outside=3")
    street.gather()
    say(f"killed, with {CROWD} checkouts under way  new process  new checkout  healthy  all final")
    for number, container in enumerate(project.containers()):
        if container.service not in ONCE:
            kill(project, street, books, container, book=street.books[number])
    stop_and_start(project, books)


def kill(project: Project, street: Street, books: Books, container: Container, book: int) -> None:
    """Kill a container's main process in the middle of a crowd, and say how it heals."""
    jobs = together(lambda one: street.order(one, book), street.crowd[:CROWD], threads=4)
    killed_at = project.kill(container)
    bought_at = street.await_purchase(book)

    def is_back() -> bool:
        now = project.container(container.id)
        return now.pid not in {0, container.pid} and now.health == "healthy"

    poll(is_back, seconds=SECONDS, what=f"{container.service} is healthy again")
    healthy_at = time.time()
    books.await_all_final(seconds=SECONDS)
    final_at = time.time()
    assert books.states(jobs) == {"succeeded": CROWD}, books.states(jobs)
    assert books.differences() == []
    started_at = project.container(container.id).started_at
    times = (at - killed_at for at in (started_at, bought_at, healthy_at, final_at))
    shown = [f"{seconds:.1f} s" for seconds in times]
    say(f"  {container.service:<34} {shown[0]:>11}  {shown[1]:>12}  {shown[2]:>7}  {shown[3]:>9}")


def stop_and_start(project: Project, books: Books) -> None:
    """Stop everything within its grace, remove the containers, and find the data again."""
    before = books.rows("SELECT id, status, total FROM orders_order ORDER BY id")
    timed("stopped", project, "stop")
    killed = [one.service for one in project.containers() if one.exit_code == 137]
    assert not killed, f"did not stop in time: {killed}"
    project.compose("down")
    timed("up and healthy again", project, *UP)
    assert books.rows("SELECT id, status, total FROM orders_order ORDER BY id") == before
    customer = Client(project.address)
    customer.log_in(username="minhanh", password=PERSON["password"])
    say(f"all {len(before)} orders are still there")


def timed(what: str, project: Project, *command: str) -> None:
    """Run a command of Compose and say how long it took."""
    begun_at = time.monotonic()
    project.compose(*command)
    say(f"{what}: {time.monotonic() - begun_at:.1f} s")
