"""Bytes to the gateway, and the bytes that come back."""

import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

# Seconds of silence after which a client that may have said too little says that this was all.
SILENCE = 0.4
# Seconds within which the connection then has to be over.
LIMIT = 10.0
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


@dataclass(frozen=True)
class Exchange:
    """What was sent, what came back, and whether it came to an end."""

    sent: bytes
    received: bytes
    ended: bool
    seconds: float

    @property
    def statuses(self) -> list[int]:
        """The statuses of the answers, also of several."""
        return [int(status) for status in _STATUS.findall(self.received)]


def exchange(address: str, sent: bytes) -> Exchange:
    """Send the bytes, and return all that comes until the gateway closes the connection."""
    begun_at = time.monotonic()
    received, ended, is_all = b"", False, False
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=LIMIT) as connection:
        try:
            connection.sendall(sent)
            connection.settimeout(SILENCE)
            while not ended:
                try:
                    some = connection.recv(65536)
                except TimeoutError:
                    if is_all:
                        break
                    is_all = True
                    connection.shutdown(socket.SHUT_WR)
                    connection.settimeout(LIMIT)
                    continue
                received += some
                ended = not some
        except OSError:
            # It may close while there is still something to send.
            ended = True
    return Exchange(sent, received, ended, time.monotonic() - begun_at)
