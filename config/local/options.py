"""What `make run` is told through the environment, checked before anything is started."""

import importlib
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured

from config.environment import reachable
from config.local import ports
from config.local.problem import Problem
from config.local.valkey import ping

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Options:
    """Where the shop listens and keeps its data, and the servers it is to use, if not its own."""

    host: str
    gateway_port: int
    flower_port: int
    data: Path
    database_url: str
    redis_url: str
    flower_host: str = "127.0.0.1"

    @property
    def address(self) -> str:
        """The gateway's address as this machine reaches it."""
        return f"http://{reachable(self.host)}:{self.gateway_port}"

    @property
    def flower_address(self) -> str:
        """Flower's address as this machine reaches it."""
        return f"http://{reachable(self.flower_host)}:{self.flower_port}"


def read(environment: Mapping[str, str]) -> Options:
    """Return the options that an environment holds. Raises Problem when one cannot be right."""
    options = Options(
        host=address(environment, "GATEWAY_HOST", default="127.0.0.1"),
        gateway_port=port(environment, "GATEWAY_PORT", default=8000),
        flower_host=address(environment, "FLOWER_HOST", default="127.0.0.1"),
        flower_port=port(environment, "FLOWER_PORT", default=5555),
        data=Path(environment.get("SHOP_DATA_DIR", "") or ROOT / ".shop").absolute(),
        database_url=environment.get("DATABASE_URL", "").strip(),
        redis_url=environment.get("REDIS_URL", "").strip(),
    )
    if options.gateway_port == options.flower_port:
        raise Problem(f"GATEWAY_PORT and FLOWER_PORT are both {options.gateway_port}")
    _check_address(
        "DATABASE_URL", options.database_url, schemes=("postgresql", "postgres"), with_name=True
    )
    _check_address("REDIS_URL", options.redis_url, schemes=("redis", "rediss", "unix"))
    return options


def address(environment: Mapping[str, str], name: str, *, default: str) -> str:
    """Return the IP address that the setting `name` holds. Raises Problem unless it is one."""
    text = environment.get(name, "").strip() or default
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Problem(f"{name} is {text!r}: it must be an IP address such as 127.0.0.1") from None


def port(environment: Mapping[str, str], name: str, *, default: int) -> int:
    """Return the port that the setting `name` holds. Raises Problem unless it is one."""
    text = environment.get(name, "").strip() or str(default)
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise Problem(f"{name} is {text!r}: it must be a number from 1 to 65535")
    return int(text)


def check_settings() -> None:
    """Have Django's settings judge their own values. Raises Problem for a wrong one."""
    try:
        importlib.import_module("config.settings")
    except (ImproperlyConfigured, ValueError, LookupError) as error:
        raise Problem(" ".join(str(error).split()).rstrip(".")) from None


def check_ports(options: Options) -> None:
    """Check that the shop's ports can be had. Raises Problem when one cannot."""
    wanted = (
        ("GATEWAY_PORT", options.host, options.gateway_port),
        ("FLOWER_PORT", options.flower_host, options.flower_port),
    )
    for name, host, number in wanted:
        try:
            free = ports.is_free(number, host=host)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Problem(
                f"{name} {number} on {host} (see {name[:-4]}HOST) cannot be used: {reason}"
            ) from None
        if not free:
            raise Problem(f"{name} {number} is taken by another program: free it or set another")


def check_servers(options: Options) -> None:
    """Check that the servers named in the environment answer. Raises Problem when one does not."""
    if options.database_url:
        try:
            psycopg.connect(options.database_url, connect_timeout=5).close()
        except (psycopg.Error, UnicodeError) as error:
            raise Problem(_unreachable("DATABASE_URL", options.database_url, error)) from None
    if options.redis_url:
        try:
            ping(options.redis_url, seconds=5)
        except (redis.RedisError, ValueError) as error:
            raise Problem(_unreachable("REDIS_URL", options.redis_url, error)) from None


def without_password(address: str) -> str:
    """Return an address as it may be shown."""
    parts = urlsplit(address)
    if parts.password is None:
        return address
    who, _, where = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{who.partition(':')[0]}:…@{where}"))


def _check_address(
    name: str, address: str, *, schemes: tuple[str, ...], with_name: bool = False
) -> None:
    if not address:
        return
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise Problem(f"{name} is not an address: {error}") from None
    if parts.scheme not in schemes:
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        raise Problem(f"{name} must start with {expected}")
    if with_name and not parts.path.strip("/"):
        raise Problem(f"{name} names no database: it must end in /NAME")


def _unreachable(name: str, address: str, error: Exception) -> str:
    reason = " ".join(str(error).split()) or type(error).__name__
    password = urlsplit(address).password
    if password:
        reason = reason.replace(password, "…")
    return f"{name} {without_password(address)} cannot be used: {reason}"


def os_environment() -> dict[str, str]:
    """Return the environment to pass on: without what make adds or a password stands in.

    Libpq's own variables go too: they would change the meaning of an address.
    """
    drop = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "SHOP_ADMIN_PASSWORD", "SHOP_FLOWER_PASSWORD"}
    drop |= {"FLOWER_UNAUTHENTICATED_API", "FLOWER_BASIC_AUTH", "DJANGO_SETTINGS_MODULE"}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in drop and not name.startswith(("PG", "GRANIAN_"))
    }
