import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    # A setting of the index, and not an index made anew, for which nobody could read orders.
    dependencies = [("orders", "0005_product_without_index")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER INDEX order_event_at SET (autosummarize = on)",
                    "ALTER INDEX order_event_at RESET (autosummarize)",
                ),
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="orderevent", name="order_event_at"),
                migrations.AddIndex(
                    model_name="orderevent",
                    index=django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["at"], name="order_event_at"
                    ),
                ),
            ],
        ),
    ]
