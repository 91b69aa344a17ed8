"""Every word for a lock screen or a mailbox, in each language that patients read: nothing clinical, no name, no
number, no blame. PURE.

The phone says the same of a push from its own catalog, in the language that is chosen on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    titles: Mapping[str, str]  # by the kind of a message
    open_amble: str
    trial: str
    trial_arrives: str
    subject: str
    your_choice: str
    no_more_mail: str
    unsubscribe_title: str
    unsubscribe_question: str
    unsubscribe_button: str
    unsubscribed: str


WORDS = {
    "en": Words(
        titles={
            "exercise": "Time for your exercises",
            "diary": "Time for your diary",
            "movement_break": "Time to get up and move a little",
            "walk": "Time for your walk",
            "weekly_check": "Time for your weekly questions",
            "measures": "A few questions are waiting",
            "message": "Your clinic wrote to you",
            "review": "A review is due",
            "red_flag": "Please open Amble now",
            "opened": "A record was opened in an emergency",
            "erasure": "Some records are about to be erased",
        },
        open_amble="Open Amble to see more.",
        trial="This is a test",
        trial_arrives="Messages reach this phone.",
        subject="A message from Amble",
        your_choice="You choose in Amble which messages you get.",
        no_more_mail="Get no more mail",
        unsubscribe_title="Mail from Amble",
        unsubscribe_question=(
            "Do you want no more reminders by mail? Your reminders on the phone stay as they are."
        ),
        unsubscribe_button="Send me no more mail",
        unsubscribed="Done. You get no more reminders by mail. You can turn mail on again in Amble.",
    ),
    "es": Words(
        titles={
            "exercise": "Es hora de tus ejercicios",
            "diary": "Es hora de tu diario",
            "movement_break": "Es hora de levantarte y moverte un poco",
            "walk": "Es hora de tu paseo",
            "weekly_check": "Es hora de tus preguntas de la semana",
            "measures": "Hay unas preguntas para ti",
            "message": "Tu clínica te ha escrito",
        },
        open_amble="Abre Amble para ver más.",
        trial="Esto es una prueba",
        trial_arrives="Los avisos llegan a este teléfono.",
        subject="Un mensaje de Amble",
        your_choice="En Amble eliges qué mensajes te llegan.",
        no_more_mail="No recibir más correos",
        unsubscribe_title="Correos de Amble",
        unsubscribe_question=(
            "¿No quieres más avisos por correo? Los avisos de tu teléfono siguen igual que ahora."
        ),
        unsubscribe_button="No quiero más correos",
        unsubscribed="Hecho. Ya no te llegan avisos por correo. En Amble los puedes encender otra vez.",
    ),
}
FOR_STAFF = "en"
TRIAL_AT_DESK = "Messages reach this browser."


def words_in(language: str) -> Words:
    return WORDS.get(language, WORDS[FOR_STAFF])
