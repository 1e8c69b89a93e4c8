from django.db import migrations, models


class Migration(migrations.Migration):

    # Renamed and not made anew: that takes no time, however many rows there are. The index that
    # goes is one that Django adds to text that is unique in a field, for `LIKE 'beginning%'`.

    dependencies = [
        ('payments', '0002_refund_event'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE payments_payment RENAME CONSTRAINT payments_payment_key_key TO payment_key_unique',
                    'ALTER TABLE payments_payment RENAME CONSTRAINT payment_key_unique TO payments_payment_key_key',
                ),
                migrations.RunSQL(
                    'DROP INDEX payments_payment_key_42f96794_like',
                    'CREATE INDEX payments_payment_key_42f96794_like ON payments_payment (key varchar_pattern_ops)',
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='payment',
                    name='key',
                    field=models.CharField(max_length=128),
                ),
                migrations.AddConstraint(
                    model_name='payment',
                    constraint=models.UniqueConstraint(fields=('key',), name='payment_key_unique'),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE payments_refund RENAME CONSTRAINT payments_refund_key_key TO refund_key_unique',
                    'ALTER TABLE payments_refund RENAME CONSTRAINT refund_key_unique TO payments_refund_key_key',
                ),
                migrations.RunSQL(
                    'DROP INDEX payments_refund_key_914ff18d_like',
                    'CREATE INDEX payments_refund_key_914ff18d_like ON payments_refund (key varchar_pattern_ops)',
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
                    constraint=models.UniqueConstraint(fields=('key',), name='refund_key_unique'),
                ),
            ],
        ),
    ]
