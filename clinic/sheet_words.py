"""What stands on paper for a patient, in each language of the app: the card, the handout."""

from collections.abc import Mapping
from datetime import date

SHEET: Mapping[str, Mapping[str, str]] = {
    "en": {
        "lang": "en",
        "card_title": "Your exercises on your phone",
        "card_scan": "Scan this with your phone’s camera.",
        "card_or": "Or open {address} and type this code:",
        "card_year": "The app asks for your year of birth. Nobody can use the code without it.",
        "until": "The code works until {day}.",
        "mail_subject": "Your exercise app",
        "mail_body": "Open this link on your phone. The app asks for your year of birth.\n\n{link}\n",
        "title": "Your exercises, {name}",
        "from": "From {day}.",
        "minutes": "About {minutes} minutes a day.",
        "stop": "Stop and rest if the pain in your leg goes up by 2 or more, or spreads further down.",
        "care": "Take care:",
        "tick": "Tick when done. Write your leg pain from 0 to 10.",
        "tick_back": "Tick when done. Write your back pain from 0 to 10.",
        "week_of": "Week of",
        "leg": "leg",
        "back": "back",
        "done": "done",
        "emergency": "Go to an emergency department now",
        "signs": "if you have numbness between your legs or around your back passage, "
        "new trouble passing or holding urine or stool, or new weakness in your legs.",
        "app": "The same in the app",
        "rest": "No exercise for now. Ask your therapist.",
        "stopped": "Do not do the exercises for now. Your clinic will tell you when to go on.",
    },
    "es": {
        "lang": "es",
        "card_title": "Tus ejercicios en el teléfono",
        "card_scan": "Escanea esto con la cámara del teléfono.",
        "card_or": "O abre {address} y escribe este código:",
        "card_year": "La app te pide tu año de nacimiento. Sin él nadie puede usar el código.",
        "until": "El código sirve hasta el {day}.",
        "mail_subject": "Tu app de ejercicios",
        "mail_body": "Abre este enlace en tu teléfono. La app te pide tu año de nacimiento.\n\n{link}\n",
        "title": "Tus ejercicios, {name}",
        "from": "Desde el {day}.",
        "minutes": "Unos {minutes} minutos al día.",
        "stop": "Para y descansa si el dolor de la pierna sube 2 puntos o más, o si baja más por la pierna.",
        "care": "Cuidado:",
        "tick": "Marca lo que haces. Escribe tu dolor de pierna de 0 a 10.",
        "tick_back": "Marca lo que haces. Escribe tu dolor de espalda de 0 a 10.",
        "week_of": "Semana del",
        "leg": "pierna",
        "back": "espalda",
        "done": "hecho",
        "emergency": "Ve a urgencias ahora",
        "signs": "si no sientes bien entre las piernas o alrededor del ano, "
        "si te cuesta orinar o aguantar la orina o las heces, o si notas una debilidad nueva en las piernas.",
        "app": "Lo mismo en la app",
        "rest": "Por ahora no hay ejercicios. Pregunta a tu fisioterapeuta.",
        "stopped": "Por ahora no hagas los ejercicios. Tu clínica te dirá cuándo seguir.",
    },
}
WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("Lun", "Mar", "Mié", "Jue", "Vie", "Sáb", "Dom"),
}
MONTHS = {
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    )
}


def day_in(on: date, language: str) -> str:
    """A day as people say it: 24 March, 24 de marzo."""
    if language in MONTHS:
        return f"{on.day} de {MONTHS[language][on.month - 1]}"
    return f"{on.day} {on:%B}"
