"""A visitor without a browser: keeps cookies, reads the notice's form as it stands in the page and sends it."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from .holdback_process import Holdback
from .http_client import Answer, Lines


@dataclass
class Form:
    """One form of a page: where it goes and what its hidden fields say."""

    action: str = ""
    method: str = "get"
    hidden: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    boxes: list[tuple[str, str, bool]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(fields.get("action", ""), fields.get("method", "get")))
        if not self.forms:
            return
        form = self.forms[-1]
        if tag == "input" and fields.get("type") == "hidden":
            form.hidden[fields["name"]] = fields.get("value", "")
        elif tag == "input" and fields.get("type") == "checkbox" and "name" in fields:
            form.boxes.append((fields["name"], fields.get("value", ""), "checked" in fields))
        elif tag == "button" and fields.get("name") == "action":
            form.buttons.append(fields.get("value", ""))


def forms(page: str) -> list[Form]:
    """Every form in *page*, in order, those in templates too."""
    parser = _Forms()
    parser.feed(page)
    parser.close()
    return parser.forms


def choice_form(page: str) -> Form:
    """The notice's form in *page*."""
    found = [form for form in forms(page) if urlsplit(form.action).path.endswith("/choice")]
    assert found, f"no choice to be made in {page[:2000]!r}"
    return found[0]


def visitor_id(signed: str) -> str:
    """The id in a signed cookie: the sixteen bytes after the format's number."""
    payload = signed.split(".")[0]
    return str(uuid.UUID(bytes=base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))[1:17]))


@dataclass
class Visitor:
    """One person's machine. ``jar`` maps the names of their cookies to values."""

    proxy: Holdback
    host: str = ""
    jar: dict[str, str] = field(default_factory=dict)
    headers: Lines = (("Accept", "text/html,*/*"), ("Accept-Language", "en"))

    def get(self, target: str = "/", headers: Lines = ()) -> Answer:
        """Visit a page."""
        return self._keep(self.proxy.fetch(target, self._lines(headers), host=self.host))

    def post(self, target: str, body: bytes, headers: Lines = ()) -> Answer:
        """Send a body."""
        return self._keep(
            self.proxy.fetch(target, self._lines(headers), method="POST", body=body, host=self.host)
        )

    def choose(self, action: str, *more: tuple[str, str], page: str = "/", headers: Lines = ()) -> Answer:
        """Open *page*, and send its notice's form with the button *action* and the fields *more*."""
        form = choice_form(self.get(page).text)
        referrer = ("Referer", f"http://{self.host or f'127.0.0.1:{self.proxy.port}'}{page}")
        return self.send(form, action, *more, headers=[referrer, *headers])

    def send(self, form: Form, action: str, *more: tuple[str, str], headers: Lines = ()) -> Answer:
        """Send *form* as a browser without JavaScript does."""
        fields = [*form.hidden.items(), *more, ("action", action)]
        return self.form(urlsplit(form.action).path, fields, headers)

    def form(
        self, target: str, fields: Mapping[str, str] | Sequence[tuple[str, str]], headers: Lines = ()
    ) -> Answer:
        """Send *fields* as a form does."""
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        return self.post(target, urlencode(fields).encode(), [kind, *headers])

    @property
    def signed(self) -> str:
        """The value of the signed cookie; empty before a choice."""
        return self.jar.get("hb", "")

    def cookies(self) -> Lines:
        """The ``Cookie`` line that their machine sends, if there is one."""
        line = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        return [("Cookie", line)] if line else []

    def _lines(self, more: Lines) -> Lines:
        return [*self.headers, *more, *self.cookies()]

    def _keep(self, answer: Answer) -> Answer:
        for line in answer.all("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or "1970" in morsel["expires"]:
                    self.jar.pop(name, None)
                else:
                    self.jar[name] = morsel.value
        return answer
