from django.db import migrations

KINDS = ("book", "clothes", "electronics")


def make(apps, schema_editor):
    apps.get_model("inventory", "Warehouse").objects.get_or_create(id=1)
    for kind in KINDS:
        apps.get_model("inventory", "Room").objects.get_or_create(kind=kind)


class Migration(migrations.Migration):
    """There is one warehouse from the start: empty, active, and with room for nothing."""

    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
