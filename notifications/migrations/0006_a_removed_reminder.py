from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0005_steps_without_end"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("red_flag", "red_flag"),
                    ("ended", "ended"),
                    ("paused", "paused"),
                    ("quiet_hours", "quiet_hours"),
                    ("snoozed", "snoozed"),
                    ("done", "done"),
                    ("nothing_asked", "nothing_asked"),
                    ("just_walked", "just_walked"),
                    ("not_due", "not_due"),
                    ("enough", "enough"),
                    ("fading", "fading"),
                    ("silent", "silent"),
                    ("removed", "removed"),
                ],
                db_default="",
                default="",
                max_length=16,
            ),
        ),
    ]
