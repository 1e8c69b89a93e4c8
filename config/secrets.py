"""The shop's secrets: given by the environment, or made once and kept."""

import base64
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def urlsafe() -> str:
    """Return a new secret of 32 bytes."""
    return secrets.token_urlsafe(32)


def for_webhooks() -> str:
    """Return a new secret of 32 bytes, as Standard Webhooks spells it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def keep(*, directory: Path, name: str, make: Callable[[], str] = urlsafe) -> str:
    """Return the secret kept in `directory/name`, made there first if need be.

    May be repeated, and by several processes at once: all get the same value.
    """
    path = directory / name
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = directory / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, fails where another process was first.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def derive(*, secret: str, purpose: str, digest: str = "sha256") -> str:
    """Return a key for one purpose from the shop's one secret: a digest in urlsafe base64."""
    key = hmac.digest(secret.encode(), f"bookshop:{purpose}".encode(), digest)
    return base64.urlsafe_b64encode(key).decode()
