import django.contrib.postgres.indexes
import shop.catalog.names
from django.db import migrations

# What `shop.catalog.names` says of it. Strict and immutable, as an index must have it.
TRIPLES = """
    CREATE FUNCTION catalog_triples(text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT ARRAY(SELECT substr($1, at, 3) FROM generate_series(1, length($1) - 2) AS at)
    $$"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_searched_indexes_are_written_at_once'),
    ]

    operations = [
        migrations.RunSQL(TRIPLES, "DROP FUNCTION catalog_triples(text)"),
        migrations.AddIndex(
            model_name='author',
            index=django.contrib.postgres.indexes.GinIndex(shop.catalog.names.Triples('name_folded'), fastupdate=False, name='author_name_triples'),
        ),
    ]
