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
        # A line of before is as old as its cart: nobody is to be reminded of it as if it were new.
        migrations.RunSQL(
            "UPDATE carts_cartitem SET changed_at = cart.created_at"
            " FROM carts_cart cart WHERE cart.id = cart_id",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="cartitem",
            index=models.Index(fields=["changed_at"], name="cart_item_changed"),
        ),
    ]
