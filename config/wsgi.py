"""The gateway, as a WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from config.local.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import config.celery  # noqa: F401  (jobs are published from here; it needs the line above)

# Granian imports this in the process that serves; it must not outlive the one that started it.
die_with_parent()
application = get_wsgi_application()
