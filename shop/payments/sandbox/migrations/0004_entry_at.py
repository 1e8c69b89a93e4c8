import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0003_key_without_pattern_index")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["created_at"], name="sandbox_entry_at"),
        ),
    ]
