import json
import re

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.test_authorization import RULES


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate_schema(document)
    assert list(OpenAPIV31SpecValidator(json.loads(json.dumps(document, default=str))).iter_errors()) == []


def test_every_operation_of_the_api_is_in_the_document(document):
    methods = [operation for path in document["paths"].values() for operation in path.values()]
    operations = {operation["operationId"] for operation in methods}
    assert len(operations) == len(RULES)


def test_a_record_is_documented_as_it_is_checked(document):
    body = document["paths"]["/api/v1/pain/{client_uuid}"]["put"]["requestBody"]["content"]
    pain = body["application/json"]
    score = pain["schema"]["properties"]["score"]
    assert (score["minimum"], score["maximum"]) == (0, 10)
    assert pain["schema"]["additionalProperties"] is False


def test_the_documentation_page_needs_nothing_from_elsewhere():
    page = Client().get("/api/docs/").content.decode()
    assert "/static/drf_spectacular_sidecar/" in page
    assert not re.search(r"<script(?![^>]*src=)", page), "our policy lets no inline script run"
    assert "http://" not in page
    assert "https://" not in page.replace("https://www.w3.org", "")
