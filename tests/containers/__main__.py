"""`python -m tests.containers`: Django first, for the rules of the shop's books are its own."""

import os
import sys
import tempfile

import django

with tempfile.TemporaryDirectory() as home:
    # Nothing of a shop that runs here, and no secret for one that does not.
    os.environ.update(DJANGO_SETTINGS_MODULE="config.settings", SHOP_DATA_DIR=home)
    django.setup()
    from tests.containers.check import main

    sys.exit(main())
