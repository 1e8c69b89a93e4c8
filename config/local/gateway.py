"""The gateway's server, granian, whose socket outlives the process that serves.

SIGHUP has a new process serve, with new code, and the old one finish: no connection is refused.
"""

import multiprocessing
import os
import resource
import socket
import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketSpec  # type: ignore[attr-defined]  # made in Rust
from granian.server import MPServer

from config.local.processes import tie_forks

# A thread for each request under way: those that are worked on or wait for it (api/turnstile.py),
# that wait for jobs (api/waiting.py), and whose bodies are read (api/bodies.py) are 144, beside
# those that tell further ones to come again. No more than needed: each that wants the interpreter
# while others have it wakes up two hundred times a second, and with 400 nobody was answered.
THREADS = 160
# Seconds that a new process has to get ready, and the old one then to finish. Together less than
# who stops the gateway waits for it.
READY_SECONDS, FINISH_SECONDS = 4, 8
# Connections that may be open at once; further ones wait until one is closed, as one that says
# nothing is after 30 s. By granian's default a thousand silent ones would close the shop.
MAX_CONNECTIONS = 12_000
# Of the process's file descriptors, how many are for all but these.
OTHER_FILES = 200


class Gateway(MPServer):
    """Granian with one listening socket for the old process and the new.

    On Linux each would have its own, and one that closes resets the connections that it has not
    taken yet.
    """

    def _init_shared_socket(self) -> None:
        holder = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd = holder  # type: ignore[assignment]  # granian begins with None
        self._sfd = holder.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)


def connections() -> int:
    """Return how many may be open at once, having raised this process's limit of files for them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MAX_CONNECTIONS + OTHER_FILES
    if most != resource.RLIM_INFINITY:
        files = min(files, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    # A quarter where there are few: without a file left, nothing works.
    return max(files - OTHER_FILES, files // 4)


def main() -> None:
    """Serve until told to stop."""
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # The socket is inherited.
    tie_forks()
    Gateway(
        "config.wsgi:application",
        address=os.environ["GATEWAY_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(),
        blocking_threads=THREADS,
        backpressure=connections(),
        respawn_interval=READY_SECONDS,
        workers_kill_timeout=FINISH_SECONDS,
    ).serve()


if __name__ == "__main__":
    main()
