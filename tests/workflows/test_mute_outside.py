"""Whoever outside takes a connection and never says a word costs less than a lease."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from shop.core.errors import Unavailable
from shop.notifications import services as notifications
from shop.payments.sandbox import webhooks
from shop.payments.sandbox.webhooks import WebhookNotTaken
from tasks.engine.workflow import LEASE
from tests.workflows.cases import decide, new_customer, redirected

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port() -> Iterator[int]:
    """A port at which somebody listens, and no more than that."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _mail(port: int, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    with pytest.raises(Unavailable):
        notifications.send_mail(user_id=new_customer(), subject="s", body="b", message_id="m@shop")


def _webhook(port: int, settings: Settings) -> None:
    settings.SHOP_SANDBOX_WEBHOOK_URL = f"http://127.0.0.1:{port}/"
    entry_id = decide(redirected(), "paid")
    with pytest.raises(WebhookNotTaken):
        webhooks.send(entry_id=entry_id, message_id="msg_1")


@pytest.mark.parametrize("talk", [_mail, _webhook])
def test_a_call_that_nobody_answers_ends_before_its_lease(
    talk: Callable[[int, Settings], None], port: int, settings: Settings
) -> None:
    over: list[float] = []

    def run() -> None:
        began = time.monotonic()
        talk(port, settings)
        over.append(time.monotonic() - began)
        connection.close()

    # In a thread that need not end: without its time limit it would not.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LEASE + 5)
    assert over, "it waits for good"
    assert over[0] < LEASE
