"""Every test run has servers of its own, and Django's settings are read when they are up."""

import os

import django
import pytest
from django.conf import settings

from tests import servers

if settings.configured:
    raise pytest.UsageError(
        "unset DJANGO_SETTINGS_MODULE: the settings must not be read before the tests' servers run"
    )
# On import, not in a hook: the conftest files below this one may import models.
_servers = servers.start()
# Jobs are published through this application, as in every process of the shop.
import config.celery  # noqa: E402, F401

django.setup()

from django.test import TransactionTestCase  # noqa: E402

from tests.emptying import empty  # noqa: E402

# Django would truncate every table and register all models anew: most of a small test's time.
TransactionTestCase._fixture_teardown = lambda _: empty()  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Have the workers of pytest-xdist come here, too, before they read the settings."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    """Stop the servers; one that stops early leaves nothing to wait for at exit."""
    if _servers:
        _servers.stop()
