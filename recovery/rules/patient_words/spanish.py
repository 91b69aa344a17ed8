from datetime import date

from recovery.rules.patient_words.words import PatientWords

_TELL = "Cuenta a tu terapeuta cómo estás, para mirar el plan con calma entre los dos."
_FROM_TO = (
    "Tu dolor de {region} en la semana {week} es de {level} de promedio. Al comienzo era de {baseline}."
)
_SLOWER = f"{_FROM_TO} Va más despacio de lo que nos gustaría. Vamos a mirar el plan contigo."
_REST = "Por favor, deja este por ahora. Tu terapeuta decide cómo sigue."
_ANYTHING_NEW = "Si notas algo nuevo, revisa tus señales."
_MONTHS = ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"]
_MONTHS += ["septiembre", "octubre", "noviembre", "diciembre"]


def _day(day: date) -> str:
    return f"{day.day} de {_MONTHS[day.month - 1]} de {day.year}"


SPANISH = PatientWords(
    decisions={
        "alert.red_flag": "Una persona tiene que mirar algo que nos dijiste. Sigue el consejo que viste. "
        "Si va a peor, pide ayuda enseguida. Nadie mira esta app todo el tiempo.",
        "no_data.no_plan": "Tu terapeuta aún no ha enviado un programa. Ya puedes anotar tu dolor.",
        "no_data.first_week": "Tu primera semana aún no ha acabado. "
        "Tu línea empieza con cuatro días que tengan un número.",
        "no_data.no_baseline": "Tu línea empieza con cuatro días de una semana que tengan un número. "
        "Cualquier día es bueno para empezar.",
        "no_data.new_start": "Hay muy pocos números para ver cómo vas. "
        "Tu terapeuta puede elegir contigo un nuevo comienzo.",
        "no_data.week": "La semana {week} tiene muy pocos números para un promedio. Con cuatro días basta. "
        "Puedes seguir cualquier día.",
        "no_data.silent": "Aquí no hay números nuevos de tu dolor. Puedes seguir cualquier día. "
        "Si necesitas ayuda, dilo en tu clínica.",
        "worse.relapse": "Tu dolor de {region} ha vuelto desde hace dos semanas. "
        f"Puede pasar después de un tiempo mejor. {_TELL}",
        "worse.recent": f"Tu dolor de {{region}} es más alto desde hace dos semanas. Puede pasar. {_TELL}",
        "worse.baseline": "Desde hace dos semanas, tu dolor de {region} es más alto que al comienzo. "
        f"Puede pasar. {_TELL}",
        "relieved.two_weeks": "Tu dolor de {region} es mucho más bajo desde hace dos semanas. "
        "En la semana {week} es de {level} de promedio. Aún puede subir y bajar.",
        "relieved.stays": "Tu dolor de {region} bajó mucho el {relieved_on}. "
        "En la semana {week} es de {level} de promedio. Puede subir y bajar.",
        "review.week_4": _SLOWER,
        "review.week_6": _SLOWER,
        "review.week_12": _SLOWER,
        "review.plateau": f"{_FROM_TO} Lleva tres semanas casi igual. Vamos a mirar el plan contigo.",
        "on_track.in_band": f"{_FROM_TO} Es como lo que vieron los estudios. "
        "Cada persona tiene su propio camino.",
        "watch.baseline_week": "Tu dolor de {region} en la semana {week} es de {level} de promedio. "
        "Con ese número se comparan las otras semanas.",
        "watch.low_baseline": f"{_FROM_TO} Al comienzo tu dolor era bajo, y por eso solo ves los números.",
        "watch.above_band": f"{_FROM_TO} Es más que lo que vieron los estudios. "
        "Cada persona tiene su propio camino, y las semanas suben y bajan.",
    },
    nothing_asked="En estas semanas no había ejercicios en tu plan.",
    not_enough_done="Solo hay algunos ejercicios marcados, y así aún no se sabe si el plan te sirve.",
    done="Has hecho mucho del plan. Quizá haya que cambiarlo.",
    steps={
        "three_green": "Esto te ha ido bien tres veces. El paso que sigue: {now} {variable}.",
        "three_green_by_one": "Esto te ha ido bien tres veces. El paso que sigue: {now} {variable}.",
        "harder_variant": "Esto te ha ido bien tres veces. El paso que sigue es una forma más difícil.",
        "amber": "La última vez tu pierna lo notó. La próxima vez haz menos, y luego vemos.",
        "ambers": "Tu pierna lo notó más de una vez. Quizá te vaya mejor un paso atrás.",
        "easier_variant": "Tu pierna lo notó más de una vez. Quizá te vaya mejor una forma más fácil.",
        "no_easier": _REST,
        "one_red": f"Tu pierna notó mucho este ejercicio. {_REST} {_ANYTHING_NEW}",
        "two_reds": f"Tu pierna notó mucho este ejercicio dos veces. {_REST} {_ANYTHING_NEW}",
        "irritable": f"En este momento tu pierna se queja con poco. {_REST}",
    },
    needs_review="Es hora de mirar tu plan contigo. Tu terapeuta mira cómo estás y puede cambiar el plan. "
    "Hasta entonces puedes seguir con lo que notes seguro. Si aún no te ha dicho nada, llama a tu clínica.",
    regions={"leg": "pierna", "back": "espalda"},
    variables={"repetitions": "veces", "hold_seconds": "segundos", "sets": "series", "minutes": "minutos"},
    decimal_point=",",
    day=_day,
)
