"""Python imports this at its start where PYTHONPATH names its directory: a clock that is ahead."""

from datetime import UTC, datetime, timedelta

import time_machine

AHEAD = timedelta(minutes=5)

time_machine.travel(datetime.now(UTC) + AHEAD, tick=True).start()
