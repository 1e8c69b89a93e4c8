#!/usr/bin/env python
"""Run one of the project's commands."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Commands that start or recover jobs publish them, as every other process does.
    import config.celery  # noqa: F401  (after the line above, which it needs)

    execute_from_command_line(sys.argv)
