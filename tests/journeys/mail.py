"""A mail server in this process: it takes everything and keeps it."""

import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from config.local import ports


class Mailbox:
    """All mail that has come, in the order in which it came."""

    def __init__(self) -> None:
        self.url = ""
        self._letters: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a letter; the name of the method is aiosmtpd's."""
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self._letters.append(letter)
        return "250 OK"

    def of(self, message_id: str) -> list[EmailMessage]:
        """Return the letters with this Message-ID."""
        return [letter for letter in list(self._letters) if letter["Message-ID"] == message_id]

    def message_ids(self) -> Counter[str]:
        """Return how often each Message-ID has come."""
        return Counter(str(letter["Message-ID"]) for letter in list(self._letters))

    def to(self, address: str) -> list[EmailMessage]:
        """Return the letters to this address."""
        return [letter for letter in list(self._letters) if letter["To"] == address]

    def contents(self) -> list[bytes]:
        """Return all letters, with their texts as they are read."""
        return [
            f"{letter}\n{part.get_content()}".encode()
            for letter in list(self._letters)
            for part in letter.walk()
            if not part.is_multipart()
        ]


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Serve SMTP on a free port of loopback."""
    mailbox = Mailbox()
    port = ports.free()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    mailbox.url = f"smtp://127.0.0.1:{port}"
    try:
        yield mailbox
    finally:
        controller.stop()
