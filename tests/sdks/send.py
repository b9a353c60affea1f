"""Sends what a shop's own server would, by the SDKs for Python: ``send.py SDK HOST PERSON``. Failures are printed."""

import sys
from typing import Any

sdk, host, person = sys.argv[1:]
failures: list[str] = []


def posthog() -> None:
    from posthog import Posthog

    client = Posthog(
        "phc_site", host=f"{host}/_hb/posthog", on_error=lambda error, _: failures.append(repr(error))
    )
    client.set(distinct_id=person, properties={"plan": "gold"})
    client.capture("bought", distinct_id=person, properties={"cups": 2}, groups={"company": "acme"})
    client.group_identify("company", "acme", {"seats": 3}, distinct_id=person)
    client.alias(previous_id=person, distinct_id=f"{person} of old")
    if client.evaluate_flags(person).is_enabled("blue-cups"):
        failures.append("a flag is on")
    client.shutdown()


def mixpanel() -> None:
    from mixpanel import Consumer, Mixpanel

    urls = {
        f"{name}_url": f"{host}/_hb/mixpanel/{path}"
        for name, path in (
            ("events", "track"),
            ("people", "engage"),
            ("groups", "groups"),
            ("import", "import"),
        )
    }
    client = Mixpanel("site", consumer=Consumer(**urls))
    client.track(person, "bought", {"cups": 2})
    client.people_set(person, {"plan": "gold"})
    client.group_set(
        "company", "acme", {"seats": 3}
    )  # names nobody, so it is held; alias() knows Mixpanel's host alone


def amplitude() -> None:
    from amplitude import Amplitude, BaseEvent, Config, Identify

    def called(_event: BaseEvent, code: int, message: Any = None) -> None:
        if code != 200:
            failures.append(f"{code} {message}")

    client = Amplitude("site", Config(server_url=f"{host}/_hb/amplitude/2/httpapi", callback=called))
    client.track(BaseEvent("bought", user_id=person, event_properties={"cups": 2}))
    plan = Identify()
    plan.set("plan", "gold")
    client.identify(plan, _options(person))
    client.shutdown()


def _options(user: str) -> Any:
    from amplitude import EventOptions

    return EventOptions(user_id=user)


{"posthog": posthog, "mixpanel": mixpanel, "amplitude": amplitude}[sdk]()
if failures:
    sys.exit("\n".join(failures))
