import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Nobody who writes waits until the index is there.
    atomic = False

    dependencies = [("sandbox", "0003_key_without_pattern_index")]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="sandbox_entry_at"
            ),
        ),
        AddIndexConcurrently(
            model_name="refund",
            index=models.Index(fields=["created_at"], name="sandbox_refund_at"),
        ),
    ]
