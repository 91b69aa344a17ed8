import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.triggers import AUDIT, DROP, PROTECT, SEAL, audited


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_failure_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("through", models.BigIntegerField()),
                ("entries", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                (
                    "chain",
                    models.BinaryField(
                        help_text="Over the chain before, too: change one, and all after it fail.",
                        max_length=32,
                    ),
                ),
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("clinic_id", models.BigIntegerField(null=True)),
                (
                    "user_id",
                    models.BigIntegerField(
                        help_text="None: nobody was signed in, as when Amble works by itself.", null=True
                    ),
                ),
                (
                    "through",
                    models.CharField(
                        help_text="'device 7', 'session 1f…', or the role at the database.", max_length=80
                    ),
                ),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("read", "Read"),
                            ("insert", "Insert"),
                            ("update", "Update"),
                            ("delete", "Delete"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        help_text="The route that was read, or the table that was changed.", max_length=80
                    ),
                ),
                ("row", models.CharField(max_length=40, null=True)),
                (
                    "about",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        help_text="Users: the patients that were shown or are concerned.",
                        size=None,
                    ),
                ),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=63),
                        db_default=[],
                        help_text="Which an update changed.",
                        size=None,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic_id", "at", "id"], name="audit_of_a_clinic")],
            },
        ),
        migrations.RunSQL(PROTECT, migrations.RunSQL.noop),
        migrations.RunSQL(AUDIT + SEAL, DROP),
        *audited("accounts_clinic"),
        *audited(
            "accounts_user",
            "INSERT OR DELETE OR UPDATE OF name, email, is_active, password",
            secrets=["password"],
        ),
        *audited("accounts_membership"),
        *audited("accounts_invitation", secrets=["digest"]),
        *audited("accounts_device", "INSERT OR DELETE OR UPDATE OF revoked_at", secrets=["token_digest"]),
    ]
