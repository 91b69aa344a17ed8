from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0016_judged_once"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="staffmessage",
            index=models.Index(
                condition=Q(read_at=None, to_patient=True), fields=["written_at"], name="unread_by_patients"
            ),
        ),
    ]
