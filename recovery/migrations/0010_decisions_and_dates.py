"""Local dates kept where they were meant, new starts, and nobody decides about their own record."""

import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.rls import OWN_PATIENT, append_only, in_clinic, not_of_oneself, protect, role

FILLED_BELOW = datetime.date(1970, 1, 1)


def on(moment: str) -> str:
    """A moment's local date of the patient; in UTC where PostgreSQL does not know their zone."""
    return f"({moment} AT TIME ZONE coalesce(z.name, 'UTC'))::date"


def fill(table: str, **dates: str) -> str:
    columns = ", ".join(f"{column} = {on(f't.{moment}')}" for column, moment in dates.items())
    return f"""
        UPDATE {table} t SET {columns}
        FROM recovery_patient p LEFT JOIN pg_timezone_names z ON z.name = p.time_zone
        WHERE p.user_id = t.patient_id;
    """  # noqa: S608 (the table is named here)


FILL = (
    "SELECT set_config('amble.reach', 'all', true);"
    + fill("recovery_redflag", raised_on="raised_at", closed_on="closed_at")
    + fill("recovery_suspension", suspended_on="suspended_at", lifted_on="lifted_at")
    + fill("recovery_review", opened_on="opened_at")
    + "SELECT set_config('amble.reach', '', true);"
)

# What nobody has answered for so long is the administrator's; before that they see none of it.
TODAY = "(SELECT amble_setting('today')::date)"
LEFT_TO_THEM = (
    f"{role('administrator')} AND answered_by_id IS NULL AND lapsed_at IS NULL "
    f"AND greatest(due_on, opened_on) + 14 <= {TODAY}"
)
SEEN_BEFORE = f"{role('administrator')} AND answered_by_id IS NULL AND lapsed_at IS NULL"


def reviews_read_by(administrators: str) -> str:
    condition = in_clinic(OWN_PATIENT, role("clinician"), f"({administrators})")
    return f"ALTER POLICY reading ON recovery_review USING ({condition})"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_failure_counts"),
        ("recovery", "0009_outcome_measures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="redflag", name="a_close_has_a_doer_and_a_reason"),
        migrations.RemoveConstraint(model_name="suspension", name="a_lift_has_a_doer_and_a_reason"),
        migrations.AddField(
            model_name="redflag",
            name="raised_on",
            field=models.DateField(
                default=FILLED_BELOW, help_text="The patient's local date then, wherever they live later."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="redflag",
            name="closed_on",
            field=models.DateField(help_text="The patient's local date then.", null=True),
        ),
        migrations.AddField(
            model_name="suspension",
            name="suspended_on",
            field=models.DateField(
                default=FILLED_BELOW, help_text="The patient's local date then, wherever they live later."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="suspension",
            name="lifted_on",
            field=models.DateField(help_text="The patient's local date then.", null=True),
        ),
        migrations.AddField(
            model_name="review",
            name="opened_on",
            field=models.DateField(default=FILLED_BELOW, help_text="The patient's local date."),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="redflag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at", None), ("closed_because", ""), ("closed_by", None), ("closed_on", None)
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        ("closed_on__isnull", False),
                        models.Q(("closed_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_close_has_a_doer_and_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("lifted_at", None), ("lifted_because", ""), ("lifted_by", None), ("lifted_on", None)
                    ),
                    models.Q(
                        ("lifted_at__isnull", False),
                        ("lifted_by__isnull", False),
                        ("lifted_on__isnull", False),
                        models.Q(("lifted_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_lift_has_a_doer_and_a_reason",
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="kind",
            field=models.CharField(
                choices=[
                    ("check_by_hand", "A rule could not judge this patient"),
                    ("read_answer", "An answer has to be read by a person"),
                    ("suspended_exercise", "An exercise was suspended"),
                    ("new_start", "Only a new start can tell how it goes"),
                    ("silent", "Nothing is heard of the patient"),
                ],
                max_length=24,
            ),
        ),
        migrations.CreateModel(
            name="NewStart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField()),
                ("was_on", models.DateField(help_text="The start before.")),
                ("set_at", models.DateTimeField()),
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
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="new_starts",
                        to="recovery.episode",
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
                    "set_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        *protect("recovery_newstart"),
        *append_only("recovery_newstart"),
        migrations.RunSQL(reviews_read_by(LEFT_TO_THEM), reviews_read_by(SEEN_BEFORE)),
        # A patient's own answers raise flags, open reviews and tasks, and bring an open review forward.
        *not_of_oneself("recovery_redflag", "UPDATE", "DELETE"),
        *not_of_oneself("recovery_task", "UPDATE", "DELETE"),
        *not_of_oneself("recovery_review", "DELETE"),
        *not_of_oneself(
            "recovery_review", "UPDATE", otherwise="answered_by_id IS NULL AND lapsed_at IS NULL"
        ),
        *not_of_oneself("recovery_proposal", "INSERT", "UPDATE", "DELETE"),
        *not_of_oneself("recovery_suspension", "INSERT", "UPDATE", "DELETE"),
        *not_of_oneself("recovery_reexamination", "INSERT", "UPDATE", "DELETE"),
        *not_of_oneself("recovery_planpause", "INSERT", "UPDATE", "DELETE"),
        *not_of_oneself("recovery_newstart", "INSERT"),
    ]
