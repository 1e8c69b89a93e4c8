import django.contrib.postgres.indexes
import shop.catalog.vectors
from django.db import migrations, models

# What waits to be written to an index is written first, since nothing would write it later.
WRITTEN_AT_ONCE = """
    ALTER INDEX {0} SET (fastupdate = off);
    SELECT gin_clean_pending_list('{0}')"""
AS_BEFORE = "ALTER INDEX {0} RESET (fastupdate)"


def written_at_once(model, index):
    """Change the index where it is, which takes a moment, instead of building it anew."""
    return migrations.SeparateDatabaseAndState(
        state_operations=[
            migrations.RemoveIndex(model_name=model, name=index.name),
            migrations.AddIndex(model_name=model, index=index),
        ],
        database_operations=[
            migrations.RunSQL(WRITTEN_AT_ONCE.format(index.name), AS_BEFORE.format(index.name))
        ],
    )


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_search_in_a_large_catalog'),
    ]

    operations = [
        written_at_once('product', django.contrib.postgres.indexes.GinIndex(condition=models.Q(('deleted_at__isnull', True)), fastupdate=False, fields=['search'], name='product_search')),
        written_at_once('product', django.contrib.postgres.indexes.GinIndex(shop.catalog.vectors.TitleOnly('search'), fastupdate=False, name='product_title_search')),
        written_at_once('word', django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['shapes'], name='word_shapes')),
    ]
