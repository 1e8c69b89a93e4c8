"""What the payment provider does wrong at the moment; it stands in a file that each call reads."""

import os
from pathlib import Path
from typing import Literal

Trouble = Literal["", "refuses", "lost_before", "lost_after", "slow"]
# The variable that names the file.
FILE = "CHAOS_PROVIDER"


def present() -> str:
    """Return the present trouble, empty for none."""
    try:
        return Path(os.environ[FILE]).read_text().strip()
    except OSError:
        return ""
