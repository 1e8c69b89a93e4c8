"""The back office: Django's admin, one file per service."""
