from django.db import migrations

from accounts.rls import DROP_FUNCTIONS, FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_clinics_people_and_devices")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS)]
