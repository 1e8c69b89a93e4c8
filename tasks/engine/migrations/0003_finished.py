from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_signals")]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at"],
                name="job_finished",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("scope", "schedule")),
                fields=["finished_at"],
                name="job_finished_run",
            ),
        ),
    ]
