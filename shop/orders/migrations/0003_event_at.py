import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_held_by")]

    operations = [
        migrations.AddIndex(
            model_name="orderevent",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="order_event_at"),
        ),
    ]
