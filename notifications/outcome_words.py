"""What became of a message, in plain words for the patient it was for. No blame, nothing clinical. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.restraint import Because


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeWords:
    """All that is said in one language. `states` and `how_long` are by the values of the ledger."""

    done: str
    shown: str
    states: Mapping[str, str]
    skipped: Mapping[Because, str]
    not_today: str
    how_long: Mapping[str, str]
    put_off: str
    came_again: str
    not_again: str


ENGLISH = OutcomeWords(
    done="Done.",
    shown="Shown on your phone.",
    states={
        "pending": "On its way.",
        "sending": "On its way.",
        "sent": "Sent.",
        "missed": "Not sent: it would have come too late.",
        "failed": "Could not be delivered. Check how we may reach you.",
        "withheld": "Left out by lot, as you agreed, to learn whether these messages help.",
    },
    skipped={
        Because.RED_FLAG: "Not sent: your program is stopped until your clinic has looked at your answers.",
        Because.ENDED: "Not sent: this program has ended.",
        Because.PAUSED: "Not sent: there was a break, yours or your program's.",
        Because.QUIET_HOURS: "Not sent: your quiet hours had begun.",
        Because.SNOOZED: "Not sent: you asked for no more of these that day.",
        Because.DONE: "Not sent: it was done already.",
        Because.NOTHING_ASKED: "Not sent: your program had nothing for you then.",
        Because.JUST_WALKED: "Not sent: you had just been for a walk.",
        Because.NOT_DUE: "Not sent: there were no questions for you then.",
        Because.ENOUGH: "Not sent: you had enough messages that day.",
        Because.FADING: "Not sent: we write about this less often for now. It comes back when you use it.",
        Because.REMOVED: "Not sent: you had changed or removed this reminder.",
        Because.READ: "Not sent: you had read it already.",
        Because.SILENT: "Not sent: it has been quiet for a while, so we asked your clinic to get in touch instead.",
    },
    not_today="You asked for no more of these that day.",
    how_long={"30_minutes": "30 minutes", "2_hours": "2 hours"},
    put_off="You put it off for {how_long}.",
    came_again="You put it off for {how_long}, and it came again.",
    not_again="You put it off for {how_long}. It will not come back today.",
)
SPANISH = OutcomeWords(
    done="Hecho.",
    shown="Se mostró en tu teléfono.",
    states={
        "pending": "Va en camino.",
        "sending": "Va en camino.",
        "sent": "Mandado.",
        "missed": "No se mandó: llegaba tarde.",
        "failed": "No pudo llegar. Mira cómo te podemos avisar.",
        "withheld": "No se mandó por azar, como dijiste, para saber si estos avisos ayudan.",
    },
    skipped={
        Because.RED_FLAG: "No se mandó: tu programa está parado hasta que tu clínica mire lo que dijiste.",
        Because.ENDED: "No se mandó: este programa ya acabó.",
        Because.PAUSED: "No se mandó: había una pausa, tuya o de tu programa.",
        Because.QUIET_HOURS: "No se mandó: ya eran tus horas de calma.",
        Because.SNOOZED: "No se mandó: pediste no recibir más de estos ese día.",
        Because.DONE: "No se mandó: ya estaba hecho.",
        Because.NOTHING_ASKED: "No se mandó: tu programa no tenía nada para ti entonces.",
        Because.JUST_WALKED: "No se mandó: acababas de dar un paseo.",
        Because.NOT_DUE: "No se mandó: entonces no había preguntas para ti.",
        Because.ENOUGH: "No se mandó: ese día ya tenías bastantes avisos.",
        Because.FADING: "No se mandó: por ahora escribimos menos sobre esto. Vuelve cuando lo uses.",
        Because.REMOVED: "No se mandó: habías cambiado o quitado este aviso.",
        Because.READ: "No se mandó: ya lo habías leído.",
        Because.SILENT: "No se mandó: hacía un tiempo que no sabíamos de ti, y pedimos a tu clínica que te hable.",
    },
    not_today="Pediste no recibir más de estos ese día.",
    how_long={"30_minutes": "30 minutos", "2_hours": "2 horas"},
    put_off="Lo dejaste para {how_long} más tarde.",
    came_again="Lo dejaste para {how_long} más tarde, y llegó otra vez.",
    not_again="Lo dejaste para {how_long} más tarde. Hoy ya no llega otra vez.",
)
OUTCOME_WORDS = {"en": ENGLISH, "es": SPANISH}


def outcome_words_in(language: str) -> OutcomeWords:
    return OUTCOME_WORDS.get(language, ENGLISH)
