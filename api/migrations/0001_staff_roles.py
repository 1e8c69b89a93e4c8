from typing import Any

from django.db import migrations

ROLES = ("catalog", "warehouse", "support", "finance")


def make(apps: Any, schema_editor: Any) -> None:
    """Make the groups that are not there."""
    for name in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
