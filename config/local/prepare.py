"""Make the database ready: `python -m config.local.prepare`, one process for all of it.

Lines that begin with a star say what it is about to do; the last line is `loaded` or `kept`, as
`manage.py load_sample` says, or what went wrong.
"""

import io
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError


def main() -> int:
    """Migrate, set the staff login and load the sample. Returns the exit code; may be repeated."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    try:
        django.setup()
        tell("* migrating the database")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("ensure_admin", stdout=io.StringIO())
        tell("* loading the sample catalog, if the shop is empty")
        answer = io.StringIO()
        call_command("load_sample", stdout=answer)
    except (CommandError, DatabaseError, ImproperlyConfigured) as error:
        tell(" ".join(str(error).split()) or type(error).__name__)
        return 1
    lines = [line.strip() for line in answer.getvalue().splitlines() if line.strip()]
    tell(lines[-1] if lines else "kept")
    return 0


def tell(line: str) -> None:
    """Print a line for the process that waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
