"""A Compose project of its own: other ports, other volumes, and nothing of it stays."""

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.local import ports
from config.local.options import ROOT

NAME = "bookshop-check"
# In a container that sees the machine's processes: there the id is the machine's, and the engine
# takes the end for a crash, which it does not after `docker kill`.
KILL = "import os, sys, time; os.kill(int(sys.argv[1]), 9); print(time.time())"


@dataclass(frozen=True)
class Container:
    """A container as the engine describes it."""

    id: str
    service: str
    pid: int
    health: str
    exit_code: int
    started_at: float


class Project:
    """The shop of compose.yaml. Raises CalledProcessError when Docker refuses something."""

    def __init__(self) -> None:
        self.gateway_port, flower_port, self._postgres_port = (ports.free() for _ in range(3))
        files = [os.environ.get("COMPOSE_FILE") or "compose.yaml", "tests/containers/compose.yaml"]
        self._environment = {
            **os.environ,
            "COMPOSE_FILE": ":".join(files),
            "COMPOSE_PROJECT_NAME": NAME,
            "GATEWAY_PORT": str(self.gateway_port),
            "FLOWER_PORT": str(flower_port),
            "CHECK_POSTGRES_PORT": str(self._postgres_port),
            "SHOP_THROTTLE": "off",
        }

    @property
    def address(self) -> str:
        """The gateway's address."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def database_url(self) -> str:
        """The database's address, as this machine reaches it."""
        password = self.compose("exec", "-T", "postgres", "cat", "/run/shop/password").strip()
        return f"postgresql://shop:{password}@127.0.0.1:{self._postgres_port}/shop"

    def compose(self, *arguments: str) -> str:
        """Return what `docker compose` prints."""
        return self._docker("compose", *arguments)

    def containers(self, *services: str) -> list[Container]:
        """Return the containers of some services, or all, also those that have ended."""
        ids = self.compose("ps", "--all", "--quiet", *services).split()
        return [_container(one) for one in json.loads(self._docker("inspect", *ids))]

    def container(self, container_id: str) -> Container:
        """Return a container as it is now."""
        return _container(json.loads(self._docker("inspect", container_id))[0])

    def kill(self, container: Container) -> float:
        """Kill a container's main process, and return the time at which that was."""
        rights = ("--pid=host", "--user=root", "--cap-drop=ALL", "--cap-add=KILL", "--network=none")
        command = ("--entrypoint=python", "bookshop", "-c", KILL, str(container.pid))
        return float(self._docker("run", "--rm", *rights, *command))

    def memory(self) -> dict[str, str]:
        """Return what each running container takes, by name."""
        shown = self._docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
        lines = [line.split() for line in shown.splitlines() if line.startswith(f"{NAME}-")]
        return {name.removeprefix(f"{NAME}-"): usage for name, usage, *_ in lines}

    def _docker(self, *arguments: str) -> str:
        done = subprocess.run(
            ("docker", *arguments),  # noqa: S607  (wherever it is installed)
            cwd=ROOT,
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout


def _container(found: dict[str, Any]) -> Container:
    state = found["State"]
    return Container(
        id=found["Id"],
        service=found["Config"]["Labels"]["com.docker.compose.service"],
        pid=state["Pid"],
        health=state.get("Health", {}).get("Status", ""),
        exit_code=state["ExitCode"],
        # The engine writes nanoseconds, of which Python takes six digits.
        started_at=datetime.fromisoformat(f"{state['StartedAt'][:19]}+00:00").timestamp()
        + float(f"0{state['StartedAt'].rstrip('Z')[19:]}"),
    )
