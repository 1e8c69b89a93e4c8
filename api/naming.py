"""What a request is called, in its answer, in log lines and in the jobs that it starts."""

import random
import re
from uuid import UUID

_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


def request_id(given: str) -> str:
    """Return the name that the client gave (`X-Request-ID`), or a new one."""
    if _GIVEN.fullmatch(given):
        return given
    # Nothing secret, and not worth asking the system, for which a busy thread waits for its turn.
    return str(UUID(int=random.getrandbits(128), version=4))
