from django.db import migrations, models

from accounts.rls import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0013_audit_and_emergencies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("salt", models.CharField(max_length=32)),
                ("fingerprint", models.CharField(max_length=64, unique=True)),
                ("erased_at", models.DateTimeField()),
                ("by", models.TextField(help_text="Who at the server did it.")),
                ("reason", models.TextField()),
            ],
        ),
        *append_only("recovery_erasure"),
    ]
