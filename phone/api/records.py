"""Records in: one by PUT, or up to a hundred that waited on the phone, by sync. See docs/records.md."""

from typing import Any
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.acting import Acting
from accounts.permissions import IsPatient
from phone.api.schemas import ANSWER, SYNC, SYNC_ANSWERS, record_schema
from recovery.actions.diary import take
from recovery.actions.safety import heed_refused_checks
from recovery.records import Incoming, NotTaken, read
from recovery.revisions import Answer
from wire.json import NotJSON, PartsJSONParser, check_storable
from wire.problems import problem_handler

MOST_RECORDS = 100
ZONES = frozenset(available_timezones())  # read once: the call walks through all files of the zone database


class TooManyRecords(APIException):
    status_code = 413
    default_code = "too_many_records"
    default_detail = f"Send at most {MOST_RECORDS} records at a time."


class Refused(ValidationError):
    """The record is well formed and still cannot be taken: it names something that is not there."""

    status_code = 422


class PutRecord(Acting):
    """One record by its client-made UUID: 201 when the id was new, 200 when it was known, whatever was sent again."""

    permission_classes = (IsPatient,)
    kind: str

    def put(self, request: Request, client_uuid: str) -> Response:
        try:
            incoming = self._read(client_uuid, request.data)
        except ValidationError as refusal:
            if self.kind == "symptom_check" and isinstance(request.data, dict):
                # Raising would take the red flags back with everything else.
                heed_refused_checks(patient_id=self.actor.user_id, checks=[request.data], now=self.now)
                return self.refusal(refusal)
            raise
        answer = take(patient_id=self.actor.user_id, records=[incoming], now=self.now)[0]
        if answer.verdict == "refused":
            raise Refused(_errors(answer.pointer, answer.reason), code=answer.code)
        return Response(_said(client_uuid, answer), status=201 if answer.created else 200)

    def _read(self, client_uuid: str, fields: Any) -> Incoming:
        if not isinstance(fields, dict):
            raise ValidationError("A record is a JSON object.")
        try:
            incoming = read(self.kind, client_uuid, fields)
        except NotTaken as error:
            raise ValidationError(_errors(error.pointer, error.reason), code=error.code) from None
        if incoming.ignored:
            unknown = {name: ["There is no such field here."] for name in incoming.ignored}
            raise ValidationError(unknown, code="unknown")
        if _unknown_zone(incoming):
            raise ValidationError({"zone": ["There is no such zone; leave it out and the offset is used."]})
        return incoming

    def refusal(self, error: ValidationError) -> Response:
        """The problem of an error, without undoing what was done."""
        response = problem_handler(error, self.get_exception_handler_context())
        if response is None:
            raise error
        response.exception = True
        return response


def put_record(kind: str) -> type[PutRecord]:
    """The view of one kind of record."""
    view = type(f"Put_{kind}", (PutRecord,), {"kind": kind})
    document = extend_schema(
        operation_id=f"put_{kind}",
        description=PutRecord.__doc__,
        request=record_schema(kind),
        responses={200: ANSWER, 201: ANSWER},
    )
    documented: type[PutRecord] = extend_schema_view(put=document)(view)
    return documented


class Sync(Acting):
    permission_classes = (IsPatient,)
    parser_classes = (PartsJSONParser,)

    @extend_schema(operation_id="sync", request=SYNC, responses={200: SYNC_ANSWERS})
    def post(self, request: Request) -> Response:
        """Take a mixed list of records that waited on the phone, and answer each by itself, in the order sent.

        What may be an emergency is taken first. A record that cannot be taken is refused with a pointer and a reason,
        and nothing beside it is lost. Names a record should not have, and a zone nobody knows, are listed in `ignored`
        and the record is kept.
        """
        items = request.data.get("records") if isinstance(request.data, dict) else None
        if not isinstance(items, list) or len(request.data) != 1:
            raise ValidationError({"records": ["Send an object with the list of records, and nothing else."]})
        if len(items) > MOST_RECORDS:
            raise TooManyRecords
        answers: list[dict[str, Any]] = [{} for _ in items]
        good: list[tuple[int, Incoming]] = []
        refused_checks: list[dict[str, Any]] = []
        for index, item in enumerate(items):
            try:
                good.append((index, _read_item(item)))
            except NotTaken as error:
                fields = item if isinstance(item, dict) else {}
                if fields.get("kind") == "symptom_check":
                    refused_checks.append(fields)
                answers[index] = _refusal(_id(fields), index, error)
        if refused_checks:
            heed_refused_checks(patient_id=self.actor.user_id, checks=refused_checks, now=self.now)
        taken = take(patient_id=self.actor.user_id, records=[record for _, record in good], now=self.now)
        for (index, record), answer in zip(good, taken, strict=True):
            if answer.verdict == "refused":
                answers[index] = _refusal(str(record.client_uuid), index, answer)
            else:
                answers[index] = _said(str(record.client_uuid), answer)
                if _unknown_zone(record):
                    answers[index]["ignored"] = [*answer.ignored, "zone"]
        return Response({"answers": answers})


def _read_item(item: Any) -> Incoming:
    if not isinstance(item, dict):
        raise NotTaken("", "A record is a JSON object.")
    try:
        check_storable(item)
    except NotJSON as error:
        raise NotTaken("", str(error)) from None
    fields = {name: value for name, value in item.items() if name not in ("id", "kind")}
    return read(item.get("kind"), item.get("id"), fields)


def _id(fields: dict[str, Any]) -> str | None:
    """The id of a refused record, if it is one that can be said back."""
    name = fields.get("id")
    return (
        name if isinstance(name, str) and name.isascii() and name.isprintable() and len(name) <= 40 else None
    )


def _unknown_zone(record: Incoming) -> bool:
    return bool(record.record.zone) and record.record.zone not in ZONES


def _said(client_uuid: str, answer: Answer) -> dict[str, Any]:
    return {"id": client_uuid, "answer": answer.verdict, "ignored": list(answer.ignored)}


def _refusal(client_uuid: str | None, index: int, why: NotTaken | Answer) -> dict[str, Any]:
    pointer = f"/records/{index}{why.pointer}"
    return {
        "id": client_uuid,
        "answer": "refused",
        "pointer": pointer,
        "code": why.code,
        "reason": why.reason,
    }


def _errors(pointer: str, reason: str) -> Any:
    """A refusal as DRF's ValidationError takes it; the empty pointer is the whole record."""
    return {pointer.strip("/").replace("/", "."): [reason]} if pointer else [reason]
