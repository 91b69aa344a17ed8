"""What patients read is made from the rule and its numbers, in their language, when they read it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("recovery", "0011_the_desk")]

    operations = [
        migrations.RemoveField(model_name="statuschange", name="for_patient"),
        migrations.RemoveField(model_name="progress", name="for_patient"),
        migrations.RemoveField(model_name="proposal", name="for_patient"),
        migrations.RemoveField(model_name="suspension", name="for_patient"),
    ]
