import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_account_erased_at")]

    operations = [
        migrations.AddIndex(
            model_name="login",
            index=models.Index(
                django.db.models.functions.comparison.Least("ended_at", "expires_at"),
                name="login_end",
            ),
        ),
    ]
