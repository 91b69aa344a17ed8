from django.db import migrations, models

# Who is there already is judged again at the next close of days, ended episodes too: that fills the new columns.
CLOSE_ONCE_MORE = """
SELECT set_config('amble.reach', 'all', true);
UPDATE recovery_progress SET next_close_at = now();
SELECT set_config('amble.reach', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("recovery", "0007_reviews_and_tasks")]

    operations = [
        migrations.AddField(
            model_name="progress",
            name="left_out",
            field=models.CharField(
                blank=True,
                choices=[("no_baseline", "no_baseline"), ("low_baseline", "low_baseline")],
                default="no_baseline",
                help_text="Why the episode is not in the cohort; empty when it is.",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="progress",
            name="relieved_on",
            field=models.DateField(help_text="The first relief.", null=True),
        ),
        migrations.AddField(
            model_name="progress",
            name="relapsed_on",
            field=models.DateField(help_text="The first relapse.", null=True),
        ),
        migrations.AddField(
            model_name="progress",
            name="valid_through",
            field=models.DateField(help_text="The last day of the last week with a value.", null=True),
        ),
        migrations.RunSQL(CLOSE_ONCE_MORE, migrations.RunSQL.noop),
    ]
