"""A site's own forms and calls go to the site, on whatever path: two thousand of them, as frameworks send them."""

import json
from itertools import product
from urllib.parse import urlencode

import pytest
from holdback.proxy.rules.own_paths import ENDPOINTS
from holdback.proxy.rules.rulebook import Rulebook

RULES = Rulebook.load()

FIELDS: dict[str, dict[str, object]] = {
    "a contact form": {
        "name": "Ann",
        "email": "ann@shop.test",
        "website": "https://ann.test",
        "message": "Hi",
    },
    "WordPress, a comment": {
        "comment": "Hi",
        "author": "Ann",
        "url": "https://ann.test",
        "comment_post_ID": "1",
    },
    "WordPress, a call": {"action": "heartbeat", "_nonce": "1f", "interval": "60", "screen_id": "front"},
    "Contact Form 7": {
        "_wpcf7": "5",
        "_wpcf7_unit_tag": "wpcf7-f5-p2-o1",
        "your-name": "Ann",
        "your-url": "x",
    },
    "Gravity Forms": {
        "input_1": "Ann",
        "gform_submit": "1",
        "gform_unique_id": "",
        "state_1": "WyJbXSIsIjEiXQ==",
    },
    "WooCommerce": {"product_id": "1", "quantity": "2", "add-to-cart": "1", "variation": "blue"},
    "Django": {"csrfmiddlewaretoken": "abc", "username": "ann", "password": "secret", "next": "/"},
    "Rails": {"authenticity_token": "abc", "post[title]": "Hi", "post[url]": "/x", "commit": "Save"},
    "Laravel": {"_token": "abc", "_method": "PUT", "event": "party", "type": "event"},
    "Shopify, a basket": {"id": "1", "quantity": "1", "sections": "cart", "form_type": "product"},
    "a search": {"q": "shoes", "n": "10", "d": "asc", "u": "1"},
    "an upload's description": {"data": "eyJuYW1lIjoiYS5wbmcifQ==", "checksum": "1"},
    "a form of JSON": {
        "data": json.dumps({"event": "open", "properties": {"colour": "red"}}),
        "token": "csrf",
    },
    "a calendar": {"event_type": "wedding", "events": [{"title": "Party"}], "n": "1"},
    "a newsletter": {"email": "ann@shop.test", "token": "abc", "api_key": "mine", "list": "1"},
    "a payment": {"payment_method": "pm_1", "amount": 100, "idempotency_key": "1", "messageId": "m1"},
}
CALLS: dict[str, object] = {
    "GraphQL": {"operationName": "Cart", "query": "query Cart { cart { id } }", "variables": {"id": "1"}},
    "GraphQL, several": [{"query": "{ me { website } }"}, {"query": "{ events { type } }"}],
    "JSON:API": {"data": {"type": "events", "attributes": {"title": "Party", "website": "https://a.test"}}},
    "JSON-RPC": {"jsonrpc": "2.0", "method": "track.parcel", "params": {"id": 1}, "id": 7},
    "Livewire": {"_token": "x", "components": [{"snapshot": "{}", "updates": {"name": "Ann"}, "calls": []}]},
    "a chat": {"messageId": "1", "text": "Hi", "type": "event", "payload": {"room": "1"}},
    "a webhook": {"type": "event", "payload": {"website_id": 1}, "api_key": "mine"},
    "a parcel": {"track": {"number": "1Z"}, "distinct": True, "events": []},
    "an order": {"events": [{"event": "paid"}], "api_key": "mine", "writeKey": False},
    "a profile": {"website": "https://ann.test", "type": "person", "payload": None},
    "an identity": {"anonymousId": None, "userId": "1", "traits": {"name": "Ann"}},
}


def bodies() -> dict[str, bytes]:
    every = {**FIELDS, **CALLS}
    coded = {
        name: urlencode({key: str(value) for key, value in fields.items()}) for name, fields in FIELDS.items()
    }
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in
                    FIELDS["a contact form"].items())  # fmt: skip
    return {
        **{f"{name}, form": text.encode() for name, text in coded.items()},
        **{f"{name}, JSON": json.dumps(value).encode() for name, value in every.items()},
        **{
            f"{name}, tight": json.dumps(value, separators=(",", ":")).encode()
            for name, value in every.items()
        },
        "parts": f"{parts}--x--\r\n".encode(),
        "nothing": b"",
    }


BODIES = bodies()
TAILS = sorted({endpoint.tail.replace("*", "x") for endpoint in ENDPOINTS if not endpoint.certain})


def test_there_are_two_thousand() -> None:
    assert len(TAILS) * len(BODIES) > 1800


@pytest.mark.parametrize("tail", TAILS)
def test_none_is_held(tail: str) -> None:
    always = {endpoint.tail for endpoint in ENDPOINTS if endpoint.body is not None and endpoint.body(b"")}
    held = []
    for (name, body), prefix in product(BODIES.items(), ("", "/shop")):
        own = RULES.own_path(f"{prefix}{tail}".encode(), b"")
        if own is None or tail in always:
            continue
        if own.needs_body is None or own.needs_body(body) is not None:
            held.append(name)
    assert held == []
