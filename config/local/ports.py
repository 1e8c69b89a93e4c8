"""TCP ports on this machine."""

import errno
import random
import socket

# Below the range from which Linux takes the ports of outgoing connections, so that a server that
# is started again finds its port as it left it.
FIRST, LAST = 15_000, 32_000


def is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Return whether a server could listen there now. Raises OSError when not allowed to."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections that were just closed are no hindrance, a listener is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def free(*, preferred: int | None = None) -> int:
    """Return a free port on loopback, `preferred` if it is one."""
    candidates = [preferred] if preferred else []
    candidates += random.sample(range(FIRST, LAST), 200)
    for port in candidates:
        if is_free(port):
            return port
    raise OSError(errno.EADDRINUSE, f"no free port between {FIRST} and {LAST}")


def answers(port: int, *, host: str = "127.0.0.1") -> bool:
    """Return whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
