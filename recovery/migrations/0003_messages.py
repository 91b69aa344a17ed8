import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.rls import ALL, protect

# Restrictive: whatever else lets a row be seen, a private note is seen by its own side only.
NOTES = f"""
CREATE POLICY notes_of_the_patient ON recovery_message AS RESTRICTIVE FOR SELECT
    USING (NOT private OR {ALL} OR patient_id = (SELECT amble_user()));
CREATE POLICY notes_of_the_patient ON recovery_recordrevision AS RESTRICTIVE FOR SELECT
    USING (kind <> 'message' OR NOT (body->>'private')::boolean OR {ALL} OR patient_id = (SELECT amble_user()));
CREATE POLICY notes_of_staff ON recovery_staffmessage AS RESTRICTIVE FOR SELECT
    USING (to_patient OR {ALL} OR patient_id <> (SELECT amble_user()));
CREATE POLICY written_by_staff ON recovery_staffmessage AS RESTRICTIVE FOR INSERT
    WITH CHECK ({ALL} OR author_id = (SELECT amble_user()) AND patient_id <> author_id);
"""
NO_NOTES = """
DROP POLICY written_by_staff ON recovery_staffmessage;
DROP POLICY notes_of_staff ON recovery_staffmessage;
DROP POLICY notes_of_the_patient ON recovery_recordrevision;
DROP POLICY notes_of_the_patient ON recovery_message;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_failure_counts"),
        ("recovery", "0002_row_level_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("client_uuid", models.UUIDField()),
                ("revision", models.PositiveIntegerField()),
                (
                    "withdrawn",
                    models.BooleanField(
                        help_text="Undone by the patient; counts for nothing, is never deleted."
                    ),
                ),
                (
                    "conflicted",
                    models.BooleanField(
                        help_text="Another device sent other content under the same revision."
                    ),
                ),
                ("happened_at", models.DateTimeField(help_text="By the phone's clock.")),
                ("utc_offset_minutes", models.SmallIntegerField()),
                (
                    "zone",
                    models.CharField(
                        blank=True,
                        help_text="What the phone said; the offset decides the date.",
                        max_length=64,
                    ),
                ),
                ("on", models.DateField(help_text="The patient's local date of happened_at.")),
                (
                    "clock_suspect",
                    models.BooleanField(help_text="The phone's time was more than a day from ours."),
                ),
                ("body", models.JSONField(help_text="What the phone sent, with everything a patient typed.")),
                ("received_at", models.DateTimeField()),
                ("text", models.TextField()),
                ("private", models.BooleanField()),
                ("read_at", models.DateTimeField(null=True)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="recovery.patient",
                    ),
                ),
                (
                    "read_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["patient", "received_at"], name="messages_of_a_patient"),
                    models.Index(
                        condition=models.Q(("private", False), ("read_at", None), ("withdrawn", False)),
                        fields=["patient"],
                        name="unread",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("patient", "client_uuid"), name="message_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("read_at", None), ("read_by", None)),
                            models.Q(("read_at__isnull", False), ("read_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_message_is_read_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(max_length=2000)),
                ("to_patient", models.BooleanField(help_text="False: a note the patient never sees.")),
                ("written_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(help_text="When the patient's phone showed it.", null=True)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="recovery.patient",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient", "written_at"], name="staff_messages_of_a_patient")
                ],
            },
        ),
        *protect("recovery_message"),
        *protect("recovery_staffmessage"),
        migrations.RunSQL(NOTES, NO_NOTES),
    ]
