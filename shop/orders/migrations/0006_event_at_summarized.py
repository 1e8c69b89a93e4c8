import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_product_without_index")]

    operations = [
        migrations.RemoveIndex(model_name="orderevent", name="order_event_at"),
        migrations.AddIndex(
            model_name="orderevent",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["at"], name="order_event_at"
            ),
        ),
    ]
