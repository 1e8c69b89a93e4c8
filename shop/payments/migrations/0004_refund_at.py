import django.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_key_without_pattern_index")]

    operations = [
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                django.db.models.functions.Coalesce("done_at", "created_at"), name="refund_at"
            ),
        ),
    ]
