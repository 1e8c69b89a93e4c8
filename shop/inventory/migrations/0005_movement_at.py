import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    # Not concurrently: one that is interrupted would be neither there nor not. Who writes waits for
    # as long as it takes to read the ledger.
    dependencies = [("inventory", "0004_product_without_index")]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="movement_at"
            ),
        ),
    ]
