"""An empty shop after each test, in one statement."""

from django.db import DEFAULT_DB_ALIAS, connection

from shop.inventory.apps import build_the_warehouse

# Rows that are made once, with the test database: Django's own, and the staff's roles.
KEPT = ("django_migrations", "django_content_type", "auth_permission", "auth_group")
# Foreign keys are not looked at meanwhile: what refers to a row goes with it.
EMPTY = f"""
DO $$
DECLARE name text; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN {KEPT}
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
END $$"""  # noqa: S608 (names of tables, and ours)


def empty() -> None:
    """Delete all rows of the shop but those it begins with. May be repeated."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
    build_the_warehouse(using=DEFAULT_DB_ALIAS)
