import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    # Nobody who writes waits until the index is there.
    atomic = False

    dependencies = [("inventory", "0004_product_without_index")]

    operations = [
        AddIndexConcurrently(
            model_name="movement",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="movement_at"
            ),
        ),
    ]
