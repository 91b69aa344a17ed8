from django.urls import path

from accounts.api import views

urlpatterns = [
    path("join", views.Join.as_view(), name="join"),
    path("accept", views.Accept.as_view(), name="accept"),
    path("sign-in", views.SignIn.as_view(), name="sign-in"),
    path("me", views.Me.as_view(), name="me"),
    path("devices", views.Devices.as_view(), name="devices"),
    path("devices/<int:pk>", views.OneDevice.as_view(), name="device"),
    path("colleagues", views.Colleagues.as_view(), name="colleagues"),
    path("colleagues/<int:pk>", views.OneColleague.as_view(), name="colleague"),
    path("colleagues/invitations", views.InviteStaff.as_view(), name="invite-staff"),
]
