from django.db import migrations, models

KINDS = [
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
]


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_audit"),
    ]

    operations = [
        migrations.AlterField("notification", "kind", models.CharField(choices=KINDS, max_length=16)),
        migrations.AlterField("remindereffect", "kind", models.CharField(choices=KINDS, max_length=16)),
    ]
