from django.urls import path

from exercises.api import views

urlpatterns = [
    path("exercises", views.Exercises.as_view(), name="exercises"),
    path("exercises/<int:pk>", views.OneExercise.as_view(), name="exercise"),
    path("programs", views.Programs.as_view(), name="programs"),
    path("programs/<int:pk>", views.OneProgram.as_view(), name="program"),
]
