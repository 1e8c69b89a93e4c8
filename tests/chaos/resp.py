"""What a client says to Redis, command by command, and messages that are made to go astray."""

from collections.abc import Callable, Sequence
from typing import Literal

Mode = Literal["plain", "thrice", "shuffled", "late"]
Command = Sequence[bytes]
Hold = Callable[[bytes, bytes], None]
# Celery's answers to `inspect`, which are no jobs.
REPLY = b"pidbox"


class Rewriter:
    """Reads one client's bytes and returns those that the server is to get in their place.

    A message is `LPUSH queue message`. One that is held back is handed to `hold`; its place is
    taken by `LLEN queue`, whose answer is a number, too.
    """

    def __init__(self, *, mode: Callable[[], Mode], hold: Hold) -> None:
        self._mode, self._hold = mode, hold
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the commands that are whole by now; the beginning of the next one waits."""
        self._rest += data
        done, begin = [], 0
        while (parsed := _parse(self._rest, begin)) is not None:
            command, end = parsed
            done.append(self._rewritten(command) or self._rest[begin:end])
            begin = end
        self._rest = self._rest[begin:]
        return b"".join(done)

    def _rewritten(self, command: Command) -> bytes:
        """Return what takes the command's place, empty where it stays."""
        mode = self._mode()
        if mode == "plain" or len(command) != 3 or command[0].upper() != b"LPUSH":
            return b""
        _, queue, message = command
        if REPLY in queue:
            return b""
        if mode == "thrice":
            return encode(b"LPUSH", queue, message, message, message)
        self._hold(queue, message)
        return encode(b"LLEN", queue)


def encode(*parts: bytes) -> bytes:
    """Return a command as it is sent."""
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(x), x) for x in parts)


def _parse(data: bytes, begin: int) -> tuple[Command, int] | None:
    """Return the command that begins there, and where it ends; nothing where it is not whole."""
    line = data.find(b"\r\n", begin)
    if line < 0:
        return None
    if data[begin : begin + 1] != b"*":  # Inline, as people type it.
        return data[begin:line].split(), line + 2
    parts, place = [], line + 2
    for _ in range(int(data[begin + 1 : line])):
        line = data.find(b"\r\n", place)
        if line < 0:
            return None
        end = line + 2 + int(data[place + 1 : line])
        if len(data) < end + 2:
            return None
        parts.append(data[line + 2 : end])
        place = end + 2
    return parts, place
