from django.urls import path

from notifications.api import delivery, views

urlpatterns = [
    path("reminders", views.Reminders.as_view(), name="reminders"),
    path("reminders/<int:pk>", views.OneReminder.as_view(), name="reminder"),
    path("message-preferences", views.Preferences.as_view(), name="message-preferences"),
    path("push/key", views.PublicKey.as_view(), name="push-key"),
    path("push/test", views.TrialPush.as_view(), name="push-test"),
    path("push/subscriptions", views.Subscriptions.as_view(), name="push-subscriptions"),
    path("push/subscriptions/<int:pk>", views.OneSubscription.as_view(), name="push-subscription"),
    path("notifications", views.Notifications.as_view(), name="notifications"),
    path("notifications/<int:pk>/snooze", views.Snooze.as_view(), name="snooze-notification"),
    path("notifications/<int:pk>/done", views.Done.as_view(), name="notification-done"),
    path(
        "patients/<int:pk>/notifications", views.PatientNotifications.as_view(), name="patient-notifications"
    ),
    path("patients/<int:pk>/reminders", views.PatientReminders.as_view(), name="patient-reminders"),
    path("notifications/<int:pk>/receipt", delivery.ConfirmShown.as_view(), name="confirm-shown"),
    path("delivery-choices", delivery.OwnDeliveryChoices.as_view(), name="delivery-choices"),
    path("message-settings", delivery.ClinicMessageSettings.as_view(), name="message-settings"),
    path("reminder-effect", delivery.Effects.as_view(), name="reminder-effect"),
]
