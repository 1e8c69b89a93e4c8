"""The gateway's server, granian, whose socket outlives the process that serves.

SIGHUP has a new process serve, with new code, and the old one finish: no connection is refused.
"""

import multiprocessing
import os
import socket
import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketSpec  # type: ignore[attr-defined]  # made in Rust
from granian.server import MPServer

from config.local.processes import tie_forks

# A thread for each request under way; one that waits for a job holds a thread and nothing else.
THREADS = 64
# Seconds that a new process has to get ready, and the old one then to finish. Together less than
# who stops the gateway waits for it.
READY_SECONDS, FINISH_SECONDS = 4, 8


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
        respawn_interval=READY_SECONDS,
        workers_kill_timeout=FINISH_SECONDS,
    ).serve()


if __name__ == "__main__":
    main()
