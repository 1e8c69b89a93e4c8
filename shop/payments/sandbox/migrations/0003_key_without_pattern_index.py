from django.db import migrations, models


class Migration(migrations.Migration):

    # Renamed and not made anew: that takes no time, however many rows there are. The index that
    # goes is one that Django adds to text that is unique in a field, for `LIKE 'beginning%'`.

    dependencies = [
        ('sandbox', '0002_customers_page'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE sandbox_entry RENAME CONSTRAINT sandbox_entry_key_key TO sandbox_entry_key_unique',
                    'ALTER TABLE sandbox_entry RENAME CONSTRAINT sandbox_entry_key_unique TO sandbox_entry_key_key',
                ),
                migrations.RunSQL(
                    'DROP INDEX sandbox_entry_key_c70d23e3_like',
                    'CREATE INDEX sandbox_entry_key_c70d23e3_like ON sandbox_entry (key varchar_pattern_ops)',
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='entry',
                    name='key',
                    field=models.CharField(max_length=128),
                ),
                migrations.AddConstraint(
                    model_name='entry',
                    constraint=models.UniqueConstraint(fields=('key',), name='sandbox_entry_key_unique'),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE sandbox_refund RENAME CONSTRAINT sandbox_refund_key_key TO sandbox_refund_key_unique',
                    'ALTER TABLE sandbox_refund RENAME CONSTRAINT sandbox_refund_key_unique TO sandbox_refund_key_key',
                ),
                migrations.RunSQL(
                    'DROP INDEX sandbox_refund_key_65273b2d_like',
                    'CREATE INDEX sandbox_refund_key_65273b2d_like ON sandbox_refund (key varchar_pattern_ops)',
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='refund',
                    name='key',
                    field=models.CharField(max_length=128),
                ),
                migrations.AddConstraint(
                    model_name='refund',
                    constraint=models.UniqueConstraint(fields=('key',), name='sandbox_refund_key_unique'),
                ),
            ],
        ),
    ]
