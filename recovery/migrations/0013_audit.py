from django.db import migrations

from accounts.triggers import audited

# Amble writes these by itself, and people decide about them.
DECIDED = "UPDATE OR DELETE"


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0012_sentences_are_made_at_reading"),
        ("accounts", "0004_audit"),
    ]

    operations = [
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
