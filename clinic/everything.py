"""All that a clinic has in Amble, as a ZIP that is written while it is sent: JSON for programs, CSV for people.

    clinic.json              the clinic, its settings, its staff, its own exercises and programs
    patients/<id>/record.json    every row of a patient, by table
    patients/<id>/<table>.csv    the same, a sheet a table
    patients.csv             who they are

Who exports reads as a clinician does, by PostgreSQL's own rules: nothing of another clinic, and no note that a patient
keeps for themselves. Every patient is noted as read.
"""

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import ResolverMatch

from accounts.access import Actor, Role, acting
from accounts.audit import note_reading
from accounts.models import Clinic, Membership
from exercises.models import Exercise, Program, ProgramLine
from notifications.models import Listener, MessageSettings
from recovery.models import CareSettings, Patient
from wire.json import dumps
from wire.spreadsheet import Cell, sheet

CHUNK = 20  # patients in memory, and in one transaction
LEFT_OUT = frozenset({"clinic_id", "patient_id", "token"})  # the last guards a message on its way
OF_A_PATIENT = ("id", "name", "birth_year", "email", "language", "time_zone", "added_at")

Rows = list[dict[str, Any]]


class Pipe(io.RawIOBase):
    """A file that is written at one end and emptied at the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def everything(actor: Actor, *, route: ResolverMatch | None) -> Iterator[bytes]:
    """The pieces of the ZIP. A fixed number of statements for each CHUNK of patients, in a transaction of its own.

    What breaks it off leaves a file without its directory, which no program opens as a whole one.
    """
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        with acting(actor):
            archive.writestr("clinic.json", dumps(_clinic(actor.clinic_id)))
        yield pipe.taken()
        patients: list[tuple[Cell, ...]] = []
        while chunk := _read(actor, after=int(str(patients[-1][0])) if patients else 0, route=route):
            for patient, record in chunk:
                folder = f"patients/{patient.pk}"
                archive.writestr(f"{folder}/record.json", dumps(record))
                for table, rows in record.items():
                    if rows:
                        archive.writestr(f"{folder}/{table}.csv", sheet(rows[0], map(_cells, rows)))
                patients.append(tuple(_cell(getattr(patient, name)) for name in ("pk", *OF_A_PATIENT[1:])))
            yield pipe.taken()
        archive.writestr("patients.csv", sheet(OF_A_PATIENT, patients))
    yield pipe.taken()


def _read(actor: Actor, *, after: int, route: ResolverMatch | None) -> list[tuple[Patient, dict[str, Rows]]]:
    """The next patients with their records, noted as read."""
    reader = replace(actor, roles=actor.roles | {Role.CLINICIAN}, saw=set())
    with acting(reader):
        patients = list(Patient.objects.visible_to(reader).filter(pk__gt=after).order_by("pk")[:CHUNK])
        of_tables = {model._meta.model_name or "": _by_patient(model, patients) for model in tables()}
        note_reading(reader, face="desk", route=route)
    return [(one, {name: rows[one.pk] for name, rows in of_tables.items()}) for one in patients]


def tables() -> list[type[models.Model]]:
    """Every table that has patients: a new one is in the export without a word here."""
    return [
        model
        for model in apps.get_models()
        if any(field.name == "patient" for field in model._meta.concrete_fields)
    ]


def _by_patient(model: type[models.Model], patients: Sequence[Patient]) -> dict[int, Rows]:
    found: dict[int, Rows] = defaultdict(list)
    for row in _values(model._default_manager.filter(patient__in=[one.pk for one in patients])):
        found[row["patient_id"]].append({name: row[name] for name in row if name not in LEFT_OUT})
    return found


def _values(rows: models.QuerySet[Any]) -> Iterable[dict[str, Any]]:
    return rows.order_by("pk").values(*(field.attname for field in rows.model._meta.concrete_fields))


def _clinic(clinic: int) -> dict[str, Any]:
    staff = Membership.objects.filter(clinic=clinic).exclude(role=Role.PATIENT).order_by("pk")
    return {
        "format": "amble-clinic-1",
        "clinic": list(_values(Clinic.objects.filter(pk=clinic))),
        "care_settings": list(_values(CareSettings.objects.filter(clinic=clinic))),
        "message_settings": list(_values(MessageSettings.objects.filter(clinic=clinic))),
        "listeners": list(_values(Listener.objects.filter(clinic=clinic))),
        "staff": list(staff.values("user", "user__name", "user__email", "role", "started_at", "ended_at")),
        "exercises": list(_values(Exercise.objects.filter(clinic=clinic))),
        "programs": list(_values(Program.objects.filter(clinic=clinic))),
        "program_lines": list(_values(ProgramLine.objects.filter(program__clinic=clinic))),
    }


def _cells(row: dict[str, Any]) -> tuple[Cell, ...]:
    return tuple(map(_cell, row.values()))


def _cell(value: Any) -> Cell:
    """What is no plain value, such as the body of a record, as its JSON."""
    return dumps(value).decode() if isinstance(value, dict | list) else value
