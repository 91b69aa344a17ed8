"""Who read and who changed what of whom: what a request read is noted here, what it changed by PostgreSQL itself.

Changes are caught by the triggers of `accounts.triggers`, so that bulk and raw SQL are caught too. Entries are only
ever added. They are sealed in batches, each chained to the one before, so that a row altered by the owner of the
database is found as well.
"""

from collections.abc import Iterator

from django.db import connection
from django.urls import ResolverMatch

from accounts.access import Actor, Role
from accounts.models import AuditSeal, Deed, Membership

COMMAND = "command "  # how `through` begins for what whoever runs Amble did by hand


def note_reading(actor: Actor, *, face: str, route: ResolverMatch | None) -> None:
    """One entry for all the patients whose rows this request has read. Belongs into the request's own transaction.

    `face` is "desk" or "api". Whoever read only about themselves read nothing of a patient.
    """
    read = sorted(actor.saw - {actor.user_id})
    if not read:
        return
    with connection.cursor() as cursor:
        # No RETURNING: most who write an entry may not read it.
        cursor.execute(
            "INSERT INTO accounts_auditentry (clinic_id, user_id, through, deed, what, about)"
            " VALUES (%s, %s, %s, 'read', %s, %s::bigint[])",
            [
                actor.clinic_id,
                actor.user_id,
                actor.through,
                f"{face} {route.url_name if route else ''}",
                read,
            ],
        )


def note_command(command: str, *, deed: Deed, what: str, user_id: int) -> None:
    """Tell every clinic where this person works what whoever runs Amble did to their account, which is of no clinic.

    Belongs into the transaction that does it.
    """
    works_at = Membership.objects.current().filter(user=user_id).exclude(role=Role.PATIENT)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_auditentry (clinic_id, through, deed, what, about)"
            " SELECT clinic, %s, %s, %s, %s::bigint[] FROM unnest(%s::bigint[]) AS clinic",
            [
                f"{COMMAND}{command}",
                deed,
                what,
                [user_id],
                sorted(set(works_at.values_list("clinic", flat=True))),
            ],
        )


def seal() -> list[AuditSeal]:
    """Seal the entries that no seal covers yet, and return the new seals, oldest first.

    Entries are sealed in order of their ids once nobody can add one with a smaller id. While somebody who wrote one
    is still at work, nothing is sealed: the next run does it.
    """
    made: list[AuditSeal] = []
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT amble_seal_audit()")
            if (number := cursor.fetchone()[0]) is None:
                return made
            made.append(AuditSeal.objects.get(pk=number))


def newest_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("id").last()


def faults(*, anchor: str = "") -> Iterator[str]:
    """What is wrong with the sealed entries, a sentence each; nothing, when each is as it was sealed.

    `anchor` is the hash of a seal that was noted elsewhere: without one, whoever owns the database may cut off the
    newest seals, or make all of them anew, and nobody could tell.
    """
    chain, after, found = b"", None, False
    for seal in AuditSeal.objects.order_by("id"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT entries, digest, amble_audit_chain(%s, %s, entries, digest)"
                " FROM amble_audit_digest(%s, %s)",
                [chain, seal.through, after, seal.through],
            )
            entries, digest, expected = cursor.fetchone()
        if bytes(digest) != bytes(seal.digest) or entries != seal.entries:
            yield (
                f"Entries {(after or 0) + 1} to {seal.through} are not as they were sealed at "
                f"{seal.sealed_at:%Y-%m-%d %H:%M} UTC: one was altered, removed or added ({seal.entries} were "
                f"sealed, {entries} are there)."
            )
        elif bytes(expected) != bytes(seal.chain):
            yield f"Seal {seal.pk} does not continue the one before it: a seal was altered or removed."
        chain, after = bytes(seal.chain), seal.through
        found = found or chain.hex() == anchor
    if anchor and not found:
        yield f"No seal has the hash {anchor}: seals were cut off or made anew."
