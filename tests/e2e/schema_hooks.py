"""Loaded by schemathesis itself: nobody shall wait a minute for a receipt of an event that nobody sent."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    wait = str((case.query or {}).get("wait"))
    if wait.isdecimal() and wait.isascii() and int(wait) <= 60:
        case.query["wait"] = type(case.query["wait"])(0)
