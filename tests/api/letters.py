"""Letters with a token, as whoever they were sent to reads them."""

import re

from django.core import mail

from tasks.engine.models import Job
from tests.workflows.cases import run


def finish_jobs() -> None:
    """Work off all jobs, those too that they start."""
    while active := Job.objects.filter(due_at__isnull=False).order_by("created_at").first():
        run(active)


def token_of(address: str, subject: str) -> str:
    """Return the token of the last letter with this subject to this address."""
    bodies = [str(one.body) for one in mail.outbox if (one.to, one.subject) == ([address], subject)]
    [token] = re.findall(r"^[A-Za-z0-9_-]{43}$", bodies[-1], re.MULTILINE)
    return str(token)


RESET = "Choose a new password"
VERIFICATION = "Is this your address?"
