import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import notifications.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_clinics_people_and_devices"),
        ("recovery", "0002_row_level_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MessagePreferences",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="message_preferences",
                        serialize=False,
                        to="recovery.patient",
                    ),
                ),
                ("quiet_start", models.TimeField(default=datetime.time(21, 0))),
                ("quiet_end", models.TimeField(default=datetime.time(7, 0))),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("webpush", "Webpush"), ("email", "Email")], max_length=16
                        ),
                        default=notifications.models.all_channels,
                        help_text="In the order in which they are tried.",
                        size=None,
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.clinic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("endpoint", models.CharField(max_length=1024, unique=True)),
                ("p256dh", models.CharField(max_length=100)),
                ("auth", models.CharField(max_length=32)),
                ("created_at", models.DateTimeField()),
                ("last_ok_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0, help_text="In a row.")),
                (
                    "device",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.device",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="push_subscriptions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("exercise", "Exercise"),
                            ("diary", "Diary"),
                            ("movement_break", "Movement Break"),
                            ("walk", "Walk"),
                            ("red_flag", "Red Flag"),
                        ],
                        max_length=16,
                    ),
                ),
                ("local_date", models.DateField()),
                (
                    "slot",
                    models.CharField(help_text="HH:MM of a reminder; the id of a red flag.", max_length=20),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "expires_at",
                    models.DateTimeField(
                        help_text="Too late from here on; never, for a red flag.", null=True
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("missed", "Missed"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("token", models.UUIDField(null=True)),
                ("channel", models.CharField(blank=True, max_length=16)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "error",
                    models.CharField(
                        blank=True, help_text="A code of ours, never a provider's words.", max_length=40
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.clinic",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="recovery.patient"
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "red_flag",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="recovery.redflag",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "sending"])),
                        fields=["next_attempt_at"],
                        name="notifications_waiting",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("red_flag__isnull", False), ("state__in", ["pending", "sending"])
                        ),
                        fields=["next_attempt_at"],
                        name="red_flag_messages_waiting",
                    ),
                    models.Index(fields=["recipient", "due_at"], name="notifications_by_recipient"),
                    models.Index(
                        condition=models.Q(("red_flag__isnull", False)),
                        fields=["red_flag"],
                        name="notifications_by_red_flag",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("recipient", "kind", "local_date", "slot"), name="one_notification_per_slot"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "red_flag"), ("red_flag__isnull", False)),
                            models.Q(models.Q(("kind", "red_flag"), _negated=True), ("red_flag", None)),
                            _connector="OR",
                        ),
                        name="a_red_flag_message_names_its_flag",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at", None)),
                            _connector="OR",
                        ),
                        name="sent_has_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("exercise", "Exercise"),
                            ("diary", "Diary"),
                            ("movement_break", "Movement Break"),
                            ("walk", "Walk"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "times",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TimeField(),
                        blank=True,
                        default=list,
                        help_text="Local times of the patient.",
                        size=None,
                    ),
                ),
                ("window_start", models.TimeField(blank=True, null=True)),
                ("window_end", models.TimeField(blank=True, null=True)),
                ("every_minutes", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=notifications.models.every_day,
                        help_text="1 is Monday.",
                        size=None,
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("next_due_at", models.DateTimeField(editable=False, null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.clinic",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminders",
                        to="recovery.patient",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("enabled", True)),
                        fields=["next_due_at"],
                        name="reminders_by_next_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("every_minutes", None), ("window_end", None), ("window_start", None)),
                            models.Q(
                                ("every_minutes__gt", 0),
                                ("every_minutes__isnull", False),
                                ("times", []),
                                ("window_end__gt", models.F("window_start")),
                                ("window_end__isnull", False),
                                ("window_start__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="times_or_a_window",
                    )
                ],
            },
        ),
    ]
