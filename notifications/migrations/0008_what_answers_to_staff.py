from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_audit"),
    ]

    operations = [
        migrations.AlterField(
            "notification",
            "kind",
            models.CharField(
                choices=[
                    ("exercise", "Exercise"),
                    ("diary", "Diary"),
                    ("movement_break", "Movement Break"),
                    ("walk", "Walk"),
                    ("weekly_check", "Weekly Check"),
                    ("measures", "Measures"),
                    ("review", "Review"),
                    ("red_flag", "Red Flag"),
                    ("opened", "Opened"),
                    ("erasure", "Erasure"),
                ],
                max_length=16,
            ),
        ),
    ]
