import django.db.models.functions
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Nobody who writes waits until the index is there.
    atomic = False

    dependencies = [("payments", "0003_key_without_pattern_index")]

    operations = [
        AddIndexConcurrently(
            model_name="refund",
            index=models.Index(
                django.db.models.functions.Coalesce("done_at", "created_at"), name="refund_at"
            ),
        ),
    ]
