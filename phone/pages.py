from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def join(request: HttpRequest) -> HttpResponse:
    """Where the link of a patient's invitation leads. The code is in its fragment, which no server sees."""
    return render(request, "phone/join.html")
