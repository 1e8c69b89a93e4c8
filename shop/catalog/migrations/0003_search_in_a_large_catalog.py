import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import shop.catalog.vectors
from django.db import migrations, models

from shop.catalog import spelling


def learn_all(apps, schema_editor):
    """Add the words of all products that there are."""
    Word = apps.get_model('catalog', 'Word')
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT word FROM ts_stat('SELECT search FROM catalog_product')")
        rows = cursor.fetchall()
    words = (Word(word=word, shapes=spelling.shapes(word)) for (word,) in rows)
    Word.objects.bulk_create(words, batch_size=5_000)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_electronics_and_clothes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Word',
            fields=[
                ('word', models.TextField(db_collation='C', primary_key=True, serialize=False)),
                ('shapes', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
            ],
        ),
        migrations.RunPython(learn_all, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='word',
            index=django.contrib.postgres.indexes.GinIndex(fields=['shapes'], name='word_shapes'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(shop.catalog.vectors.TitleOnly('search'), name='product_title_search'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(shop.catalog.vectors.WholeTitle('search'), models.F('id'), condition=models.Q(('deleted_at__isnull', True)), name='product_whole_title'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(condition=models.Q(('deleted_at__isnull', True)), fields=['kind', 'id'], name='product_of_a_kind'),
        ),
    ]
