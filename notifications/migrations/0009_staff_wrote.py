from django.db import migrations, models

KINDS = [
    ("exercise", "Exercise"),
    ("diary", "Diary"),
    ("movement_break", "Movement Break"),
    ("walk", "Walk"),
    ("weekly_check", "Weekly Check"),
    ("measures", "Measures"),
    ("message", "Message"),
    ("review", "Review"),
    ("red_flag", "Red Flag"),
    ("opened", "Opened"),
    ("erasure", "Erasure"),
]
BECAUSE = [
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
    ("read", "read"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0008_what_answers_to_staff"),
    ]

    operations = [
        migrations.AlterField(
            "notification",
            "because",
            models.CharField(blank=True, choices=BECAUSE, db_default="", default="", max_length=16),
        ),
        migrations.AlterField("notification", "kind", models.CharField(choices=KINDS, max_length=16)),
        migrations.AlterField("remindereffect", "kind", models.CharField(choices=KINDS, max_length=16)),
    ]
