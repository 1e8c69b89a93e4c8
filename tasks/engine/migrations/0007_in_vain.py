from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0006_acceptance_undo")]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "cancelled"])),
                fields=["state", "-created_at", "-id"],
                name="job_in_vain",
            ),
        ),
    ]
