import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("carts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="cart",
            name="reminded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="cartitem",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), editable=False
            ),
        ),
        migrations.AddIndex(
            model_name="cartitem",
            index=models.Index(fields=["changed_at"], name="cart_item_changed"),
        ),
    ]
