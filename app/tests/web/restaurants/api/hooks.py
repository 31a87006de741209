"""What a random value cannot know: an idempotency key is used once, and a cursor comes from the API."""

import re
import uuid

import schemathesis

CURSOR = re.compile(r"(.*~)?-?[0-9]{1,18}")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Runs before each request."""
    if case.headers and "Idempotency-Key" in case.headers and is_positive(case):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    if case.query and "after" in case.query and not CURSOR.fullmatch(str(case.query["after"])):
        del case.query["after"]


def is_positive(case):
    """Whether the request is meant to be valid."""
    return case.meta is None or case.meta.generation.mode.is_positive
