from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import actions, second_factor
from accounts.access import Actor, Role, acting
from accounts.api.acting import Acting
from accounts.api.serializers import (
    AcceptSerializer,
    ColleagueSerializer,
    DeviceSerializer,
    InvitationSerializer,
    InviteStaffSerializer,
    JoinSerializer,
    MeSerializer,
    SignInSerializer,
    TokenSerializer,
)
from accounts.authentication import with_password
from accounts.limits import JOINING, check_all, count_all, second_factor_limits, sign_in_limits
from accounts.models import Clinic, Device, Membership, User
from accounts.permissions import IsAdministrator, IsSignedIn, IsStaff

WRONG_CODE = "This code does not work. Check it, or ask the clinic for a new one."
WRONG_PASSWORD = "This email and password do not belong together."  # noqa: S105
SECOND_NEEDED = "Send a code of your authenticator app, or a recovery code, too."
SET_UP_FIRST = "Your clinic asks for a second factor: sign in at its desk, and add one there."
WRONG_SECOND = "This code does not work. Wait for the next one, or use a recovery code."


class OpenDoor(APIView):
    """A view for somebody who is not signed in. No transaction around it: a failure must stay counted."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def address(self, request: Request) -> str:
        return str(BaseThrottle().get_ident(request))


class Join(OpenDoor):
    @extend_schema(operation_id="join", request=JoinSerializer, responses={201: TokenSerializer})
    def post(self, request: Request) -> Response:
        """A patient's phone joins. A wrong code, an old one and a wrong year of birth are one answer."""
        JOINING.check(self.address(request), now=timezone.now())
        data = _valid(JoinSerializer(data=request.data))
        now = timezone.now()
        with transaction.atomic():
            invitation = actions.use_invitation(
                code=data["code"], second_factor=str(data["birth_year"]), now=now
            )
            if invitation and invitation.role == Role.PATIENT:
                return _signed_in(invitation.user_id, invitation.clinic_id, data["device_name"])
            transaction.set_rollback(True)
        JOINING.count(self.address(request), now=timezone.now())
        raise ValidationError({"code": [WRONG_CODE]}, code="wrong_code")


class Accept(OpenDoor):
    @extend_schema(operation_id="accept_invitation", request=AcceptSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """A staff member accepts an invitation and chooses a password; then they sign in."""
        JOINING.check(self.address(request), now=timezone.now())
        data = _valid(AcceptSerializer(data=request.data))
        invitation = actions.accept(
            code=data["code"], email=data["email"], password=data["password"], now=timezone.now()
        )
        if invitation is None:
            JOINING.count(self.address(request), now=timezone.now())
            raise ValidationError({"code": [WRONG_CODE]}, code="wrong_code")
        return Response(status=204)


class SignIn(OpenDoor):
    @extend_schema(operation_id="sign_in", request=SignInSerializer, responses={201: TokenSerializer})
    def post(self, request: Request) -> Response:
        """A staff member signs a device in by email and password, and by a code if they have a second factor (of the
        app, or a recovery code), and gets its token.
        """
        data = _valid(SignInSerializer(data=request.data))
        limits = sign_in_limits(address=self.address(request), email=data["email"])
        check_all(limits, now=timezone.now())
        user = actions.check_credentials(email=data["email"], password=data["password"])
        found = with_password(user.pk, now=timezone.now()) if user else None
        if found is None:
            count_all(limits, now=timezone.now())
            raise ValidationError({"password": [WRONG_PASSWORD]}, code="wrong_password")
        if found.has_second_factor:
            self._check_code(found.actor, data["code"])
        elif found.actor.lacks_second_factor:
            raise ValidationError({"code": [SET_UP_FIRST]}, code="second_factor_needed")
        actor = found.actor
        return _signed_in(actor.user_id, actor.clinic_id, data["device_name"], found.has_second_factor)

    def _check_code(self, actor: Actor, code: str) -> None:
        """A wrong code stays counted; no code at all is asked for and is no guess."""
        if not code:
            raise ValidationError({"code": [SECOND_NEEDED]}, code="second_factor_needed")
        limits = second_factor_limits(user_id=actor.user_id)
        check_all(limits, now=timezone.now())
        with acting(actor):
            if second_factor.use_code(user_id=actor.user_id, code=code, now=timezone.now()):
                return
        count_all(limits, now=timezone.now())
        raise ValidationError({"code": [WRONG_SECOND]}, code="wrong_code")


def _signed_in(user_id: int, clinic_id: int, device_name: str, second_factor: bool = False) -> Response:
    device, token = actions.add_device(
        user_id=user_id,
        clinic_id=clinic_id,
        name=device_name,
        second_factor=second_factor,
        now=timezone.now(),
    )
    roles = Membership.objects.current().filter(user=user_id, clinic=clinic_id).values_list("role", flat=True)
    answer = {
        "token": token,
        "device": device.pk,
        "person": user_id,
        "clinic": clinic_id,
        "roles": sorted(roles),
    }
    return Response(TokenSerializer(answer).data, status=201)


def _valid(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


class Me(Acting):
    permission_classes = (IsSignedIn,)

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who is asking, where, and in which roles."""
        answer = {
            "person": self.actor.user_id,
            "name": User.objects.values_list("name", flat=True).get(pk=self.actor.user_id),
            "clinic": Clinic.objects.get(pk=self.actor.clinic_id),
            "roles": sorted(self.actor.roles),
        }
        return Response(MeSerializer(answer).data)


@extend_schema_view(get=extend_schema(operation_id="devices"))
class Devices(Acting, generics.ListAPIView[Device]):
    """One's own devices at this clinic, newest first."""

    permission_classes = (IsSignedIn,)
    serializer_class = DeviceSerializer
    ordering = "-id"

    def get_queryset(self) -> Any:
        return Device.objects.visible_to(self.actor)


class OneDevice(Acting):
    permission_classes = (IsSignedIn,)

    @extend_schema(operation_id="revoke_device", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Sign one of one's own devices out. Its token is refused from the next request on."""
        device = get_object_or_404(Device.objects.visible_to(self.actor).current(), pk=pk)
        Device.objects.filter(pk=device.pk).update(revoked_at=self.now)
        return Response(status=204)


@extend_schema_view(get=extend_schema(operation_id="colleagues"))
class Colleagues(Acting, generics.ListAPIView[Membership]):
    """The staff of one's clinic, one row a role."""

    permission_classes = (IsStaff,)
    serializer_class = ColleagueSerializer
    ordering = "id"

    def get_queryset(self) -> Any:
        return Membership.objects.visible_to(self.actor).select_related("user")


class OneColleague(Acting):
    permission_classes = (IsAdministrator,)

    @extend_schema(operation_id="end_membership", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Somebody leaves, in this role. They are out at their next request."""
        memberships = Membership.objects.visible_to(self.actor).current()
        actions.end_membership(membership=get_object_or_404(memberships, pk=pk), now=self.now)
        return Response(status=204)


class InviteStaff(Acting):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="invite_staff", request=InviteStaffSerializer, responses={201: InvitationSerializer}
    )
    def post(self, request: Request) -> Response:
        """Invite a colleague by a code that is shown once and holds for seven days."""
        data = _valid(InviteStaffSerializer(data=request.data))
        issued = actions.invite_staff(
            clinic_id=self.actor.clinic_id, **data, by=self.actor.user_id, now=self.now
        )
        return Response(InvitationSerializer(issued).data, status=201)
