from django.db import migrations, models

from accounts.rls import SAME_CLINIC, role
from accounts.triggers import audited

# As in 0002, and with records that were opened in an emergency: those, whoever of the staff opened them.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION amble_patients() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    reach text := amble_setting('reach');
    today date := amble_setting('today')::date;
    caring boolean := amble_is('therapist') OR amble_is('clinician');
    found bigint[] := '{}';
BEGIN
    IF caring OR amble_is('administrator') THEN
        PERFORM set_config('amble.reach', 'all', true);
        found := ARRAY(
            SELECT patient_id FROM recovery_careteammember
            WHERE user_id = amble_user() AND clinic_id = amble_clinic()
                AND from_on <= today AND (until_on IS NULL OR until_on >= today)
                AND (until_at > statement_timestamp() OR until_at IS NULL AND caring)
        );
        PERFORM set_config('amble.reach', reach, true);
    END IF;
    RETURN CASE WHEN amble_is('patient') THEN found || amble_user() ELSE found END;
END $$;
CREATE OR REPLACE FUNCTION amble_has_care_team(patient bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    reach text := amble_setting('reach');
    found boolean;
BEGIN
    PERFORM set_config('amble.reach', 'all', true);
    found := EXISTS (SELECT 1 FROM recovery_careteammember WHERE patient_id = patient AND until_at IS NULL);
    PERFORM set_config('amble.reach', reach, true);
    RETURN found;
END $$;
CREATE FUNCTION amble_patients_called(called text, born integer) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    reach text := amble_setting('reach');
    found bigint[];
BEGIN
    PERFORM set_config('amble.reach', 'all', true);
    found := ARRAY(
        SELECT user_id FROM recovery_patient
        WHERE clinic_id = amble_clinic() AND lower(name) = lower(called) AND birth_year = born
    );
    PERFORM set_config('amble.reach', reach, true);
    RETURN found;
END $$;
"""
OPENING = f"""
CREATE POLICY opening ON recovery_careteammember FOR INSERT WITH CHECK (
    {SAME_CLINIC} AND user_id = (SELECT amble_user()) AND patient_id <> user_id AND opened_because <> ''
    AND until_at <= statement_timestamp() + interval '4 hours'
    AND ({role("therapist")} OR {role("clinician")} OR {role("administrator")}));
"""

# Amble writes these by itself, and people decide about them.
DECIDED = "UPDATE OR DELETE"


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0012_sentences_are_made_at_reading"),
        ("accounts", "0004_audit"),
    ]

    operations = [
        migrations.AddField(
            "careteammember",
            "opened_because",
            models.TextField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            "careteammember",
            "until_at",
            models.DateTimeField(
                help_text="Of a record opened in an emergency; PostgreSQL's clock.", null=True
            ),
        ),
        migrations.AddConstraint(
            "careteammember",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("opened_because", ""), ("until_at", None)),
                    models.Q(
                        ("until_at__isnull", False),
                        ("until_on__isnull", False),
                        models.Q(("opened_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_record_is_opened_with_an_end_and_a_reason",
            ),
        ),
        migrations.AlterField(
            "task",
            "kind",
            models.CharField(
                choices=[
                    ("check_by_hand", "A rule could not judge this patient"),
                    ("read_answer", "An answer has to be read by a person"),
                    ("suspended_exercise", "An exercise was suspended"),
                    ("new_start", "Only a new start can tell how it goes"),
                    ("silent", "Nothing is heard of the patient"),
                    ("opened", "Somebody outside the care team opened this record"),
                ],
                max_length=24,
            ),
        ),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(OPENING, "DROP POLICY opening ON recovery_careteammember"),
        # Not `version`, which grows with every record of a phone.
        *audited(
            "recovery_patient",
            "INSERT OR DELETE OR UPDATE OF clinic_id, name, birth_year, email, time_zone, language",
        ),
        *audited("recovery_careteammember"),
        *audited("recovery_episode"),
        *audited("recovery_newstart"),
        *audited("recovery_plan"),
        *audited("recovery_prescription"),
        *audited("recovery_plandraft"),
        *audited("recovery_planpause"),
        *audited("recovery_flagaction"),
        *audited("recovery_reexamination"),
        *audited("recovery_staffmessage"),
        *audited("recovery_caresettings"),
        *audited("recovery_redflag", DECIDED),
        *audited("recovery_review", DECIDED),
        *audited("recovery_task", DECIDED),
        *audited("recovery_proposal", DECIDED),
        *audited("recovery_suspension", DECIDED),
        # Tables of the phone, and in them what staff do.
        *audited("recovery_message", "UPDATE OF read_by_id"),
        *audited("recovery_timelineevent", "INSERT OR UPDATE", when="NEW.added_by_id IS NOT NULL"),
    ]
