import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.rls import in_clinic, not_of_oneself, protect, role
from accounts.triggers import audited


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0014_erasures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "caresettings",
            "keep_years",
            models.PositiveSmallIntegerField(
                help_text="After the end of the last bout a record is erased; null: only by hand.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(5),
                    django.core.validators.MaxValueValidator(30),
                ],
            ),
        ),
        migrations.CreateModel(
            name="Expiry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ended_on", models.DateField(help_text="The end of the last bout.")),
                ("listed_on", models.DateField()),
                ("erase_on", models.DateField()),
                ("kept_because", models.TextField(blank=True, max_length=500)),
                ("kept_at", models.DateTimeField(null=True)),
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
                    "kept_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="recovery.patient"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kept_at", None), ("kept_because", ""), ("kept_by", None)),
                            models.Q(
                                ("kept_at__isnull", False),
                                ("kept_by__isnull", False),
                                models.Q(("kept_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_kept_record_has_a_keeper_and_a_reason",
                    )
                ],
            },
        ),
        # Every ten seconds somebody asks whether there are new ones.
        migrations.AddIndex(
            "careteammember",
            models.Index(
                condition=models.Q(("until_at__isnull", False)),
                fields=["until_at"],
                name="records_that_were_opened",
            ),
        ),
        # A name and dates, for who decides: nothing of the record.
        *protect(
            "recovery_expiry", read=in_clinic(role("administrator")), write=in_clinic(role("administrator"))
        ),
        *not_of_oneself("recovery_expiry", "UPDATE", "DELETE"),
        *audited("recovery_expiry", "UPDATE"),
    ]
