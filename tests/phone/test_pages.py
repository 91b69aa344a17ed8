from django.conf import settings
from django.test import Client

from accounts.access import Role
from accounts.actions import Issued
from accounts.models import Invitation


def test_the_link_of_a_patients_invitation_leads_to_a_page_that_never_sees_the_code():
    link = Issued("ABCD-EFGH", Invitation(role=Role.PATIENT)).link
    page, _, code = link.removeprefix(settings.PUBLIC_URL).partition("#")
    assert code == "ABCD-EFGH"
    answer = Client().get(page)
    assert answer.status_code == 200
    assert b"<script" not in answer.content
