from recovery.rules.patient_words.words import PatientWords

_TELL = "Tell your therapist how you are, so that you can look at the plan together."
_FROM_TO = "Your {region} pain average in week {week} is {level}. At the start it was {baseline}."
_SLOWER = f"{_FROM_TO} This is slower than we hope for. Let us look at the plan together."
_REST = "Please leave this exercise out for now. Your therapist decides how it goes on."
_ANYTHING_NEW = "If you feel anything new, do the safety questions."

ENGLISH = PatientWords(
    decisions={
        "alert.red_flag": "Something you told us needs a person to look at it. Follow the advice you were shown. "
        "If it gets worse, get help right away. Nobody watches this app all the time.",
        "no_data.no_plan": "Your therapist has not sent a program yet. You can log your pain already.",
        "no_data.first_week": "Your first week is still running. "
        "Four days with a pain number start your line.",
        "no_data.no_baseline": "Four days with a pain number in one week start your line. "
        "Any day is a good day to begin.",
        "no_data.new_start": "There are too few pain numbers to show your course. "
        "Your therapist can set a new start with you.",
        "no_data.week": "Week {week} has too few pain numbers for an average. Four days are enough. "
        "You can go on any day.",
        "no_data.silent": "There are no new pain numbers here. You can go on any day. "
        "If you need help, tell your clinic.",
        "worse.relapse": "Your {region} pain has come back for two weeks. "
        f"This can happen after a better time. {_TELL}",
        "worse.recent": f"Your {{region}} pain has been higher for two weeks. This can happen. {_TELL}",
        "worse.baseline": "Your {region} pain has been higher than at the start for two weeks. "
        f"This can happen. {_TELL}",
        "relieved.two_weeks": "Your {region} pain has been much lower for two weeks in a row. "
        "Your average in week {week} is {level}. Ups and downs can still come.",
        "relieved.stays": "Your {region} pain became much lower on {relieved_on}. "
        "Your average in week {week} is {level}. Ups and downs can come.",
        "review.week_4": _SLOWER,
        "review.week_6": _SLOWER,
        "review.week_12": _SLOWER,
        "review.plateau": f"{_FROM_TO} It has stayed about the same for three weeks. "
        "Let us look at the plan together.",
        "on_track.in_band": f"{_FROM_TO} That fits the course that studies saw. "
        "Each person has their own course.",
        "watch.baseline_week": "Your {region} pain average in week {week} is {level}. "
        "The next weeks are compared with it.",
        "watch.low_baseline": f"{_FROM_TO} Your pain was low at the start, so we show only the numbers.",
        "watch.above_band": f"{_FROM_TO} That is above the course that studies saw. "
        "Each person has their own course, and weeks go up and down.",
    },
    nothing_asked="No exercises were planned in these weeks.",
    not_enough_done="Only some exercises are marked as done, so it is too early to judge the plan.",
    done="You did much of the plan. It may need a change.",
    steps={
        "three_green": "This has gone well three times. The next step is {now} {variable}.",
        "three_green_by_one": "This has gone well three times. The next step is {now} {variable}.",
        "harder_variant": "This has gone well three times. The next step is a harder way to do it.",
        "amber": "Your leg felt this one last time. Do less of it next time, then we see.",
        "ambers": "Your leg felt this one more than once. One step back may suit you better.",
        "easier_variant": "Your leg felt this one more than once. "
        "An easier way to do it may suit you better.",
        "no_easier": _REST,
        "one_red": f"Your leg felt this one strongly. {_REST} {_ANYTHING_NEW}",
        "two_reds": f"Your leg felt this one strongly twice. {_REST} {_ANYTHING_NEW}",
        "irritable": f"Your leg is easily upset at the moment. {_REST}",
    },
    needs_review="It is time to look at your plan together. "
    "Your therapist looks at how you are and may change the plan. "
    "Until then you can go on with what feels safe. If you have heard nothing yet, call your clinic.",
    regions={"leg": "leg", "back": "back"},
    variables={
        "repetitions": "repetitions",
        "hold_seconds": "seconds",
        "sets": "sets",
        "minutes": "minutes",
    },
    decimal_point=".",
    day=lambda day: f"{day.day} {day:%B %Y}",
)
