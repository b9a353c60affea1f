"""The tables of a settings file: ``[site]``, ``[limits]``, ``[retention]``, ``[store]``, ``[[service]]``.

As in :mod:`.model`, a description continues the words "KEY must be"; a title says what the setting does.
"""

import difflib
import hashlib
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from ...store.engine.addresses import clickhouse_server, server_of
from ..rules.catalogue import curated
from ..rules.companies import with_companies
from ..rules.model import Purpose, Service

_HOST_PATTERN = re.compile(r"(\*\.)?[^\s/:*?#@\\]+(:\d{1,5})?(/[^\s*?#]*)?")


def listed(value: object) -> object:
    """One string in an environment variable or a flag may hold several members, parted by commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


type _Names = Annotated[tuple[str, ...], BeforeValidator(listed)]


class Site(_Part):
    """``[site]``: who is responsible, as the notice and the records say it."""

    name: str = Field(
        default="",
        title="Who runs the site, as the notice, the choices page and every receipt name them. Empty: the host's name.",
        description="the name of the site's controller",
    )
    privacy_policy: str = Field(
        default="",
        title="Where visitors read more. The notice and the choices page link to it.",
        description="the privacy policy's address, a path such as /privacy or an http(s) URL",
    )
    contact: str = Field(
        default="",
        title="How visitors reach you. It stands on the choices page and in receipts.",
        description="an e-mail address or URL at which visitors reach you",
    )
    address: str = Field(
        default="",
        title="The controller's postal address, for receipts and the papers of `holdback report`.",
        description="a postal address in one line",
    )
    officer: str = Field(
        default="",
        title="How to reach your data protection officer, if you have one, for the papers of `holdback report`.",
        description="an e-mail address or URL",
    )
    uses: _Names = Field(
        default=(),
        title="Known services that are listed although the site was not seen to use them yet.",
        description="ids of known services that the site uses, such as google-analytics",
    )
    read_at_start: int = Field(
        default=20,
        ge=0,
        le=200,
        title="How many of the site's pages the first start reads, so that the notice lists what they use. 0: none.",
        description="a number of pages from 0 to 200",
    )
    ask_again_days: int = Field(
        default=30,
        ge=0,
        le=400,
        title="How long visitors who have answered are not asked about services that turned up since.",
        description="a number of days from 0 to 400",
    )

    @field_validator("uses")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = [service.id for service in with_companies(curated())[0]] if value else []
        for id_ in value:
            if id_ not in known:
                near = difflib.get_close_matches(id_, known, 1)
                raise ValueError(f'but "{id_}" is none{f"; did you mean {near[0]}?" if near else ""}')
        return value

    @field_validator("privacy_policy")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if value and not re.match(r"/(?![/\\])|https?://[^/\s]", value):
            raise ValueError
        return value


class Limits(_Part):
    """``[limits]``: how much one visitor may ask for; sizes in bytes, times in seconds."""

    choices_per_minute: int = Field(
        default=30,
        ge=1,
        title="Choices from one network (/24, or /56 of IPv6) in a minute; more are answered 429.",
        description="a whole number of choices, 1 or more",
    )
    body_bytes: int = Field(
        default=65_536,
        ge=1_024,
        title="The longest body that our own endpoints take; a longer one is answered 413.",
        description="a number of bytes, 1024 or more",
    )
    head_bytes: int = Field(
        default=65_536,
        ge=4_096,
        title="The longest head of a request, header lines together; a longer one is answered 431.",
        description="a number of bytes, 4096 or more",
    )
    header_count: int = Field(
        default=128,
        ge=16,
        title="The most header lines of a request; more are answered 431.",
        description="a number of header lines, 16 or more",
    )
    target_bytes: int = Field(
        default=16_384,
        ge=256,
        title="The longest address of a request; a longer one is answered 414.",
        description="a number of bytes, 256 or more",
    )
    in_flight: int = Field(
        default=1_024,
        ge=1,
        title="Requests that a worker serves at a time; more are answered 503.",
        description="a number of requests per worker, 1 or more",
    )
    head_timeout: float = Field(
        default=15,
        gt=0,
        title="How long a visitor may take to send a request's head.",
        description="a number of seconds above 0",
    )
    connect_timeout: float = Field(
        default=5,
        gt=0,
        title="How long connecting to the site may take; then the visitor is told 504.",
        description="a number of seconds above 0",
    )
    first_byte_timeout: float = Field(
        default=120,
        gt=0,
        title="How long the site may take to begin its answer; then the visitor is told 504.",
        description="a number of seconds above 0",
    )
    idle_timeout: float = Field(
        default=300,
        gt=0,
        title="How long a connection on which nothing moves is kept.",
        description="a number of seconds above 0",
    )
    stop_timeout: float = Field(
        default=10,
        gt=0,
        title="How long requests under way have to end when the proxy stops.",
        description="a number of seconds above 0",
    )


class Retention(_Part):
    """``[retention]``: how long what is about people is kept; without a number, until they are erased.

    Records outlive every cookie (``choice_days`` is at most 400), so that none is ever without its proof.
    """

    records_days: int | None = Field(
        default=None,
        ge=400,
        le=36_500,
        title="After so long only a record's leaf stays, and nothing about the person. The log still verifies.",
        description="a number of days from 400 to 36500",
    )
    events_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        title="After so long events are deleted.",
        description="a number of days from 1 to 36500",
    )


class Store(_Part):
    """``[store]``: where what is kept is kept, and by which keys."""

    url: str = Field(
        default="",
        title="The database that several hosts share. Empty: a file in the data folder.",
        description="the address of a PostgreSQL database, such as postgresql://holdback@db/holdback",
    )
    master_key: str = Field(
        default="file:master.keys",
        pattern=r"^(file|env|command):.*\S",
        title="Where the key is that encrypts the key of each person.",
        description="file:PATH, env:NAME or command:PROGRAM ARGUMENTS, which holds 32 bytes in hex",
    )

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value:
            server_of(value)
        return value


class Events(_Part):
    """``[events]``: what is stored of what happens on the site."""

    url: str = Field(
        default="",
        title="The database of the events, for more of them than a file is made for. Empty: beside the log. Their keys "
        "stay there in any case.",
        description="the address of a ClickHouse database by its HTTP port, such as "
        "clickhouse://holdback@db:8123/holdback, or clickhouses:// over TLS",
    )
    exempt: dict[str, Annotated[str, Field(min_length=8)]] = Field(
        default={},
        title="Keys with which the site's own server sends what needs no consent, such as orders, each under what it "
        "is for: the records of processing say so. Nothing that a browser sends is exempt.",
        description='a table of what each key is for, and the key, such as {"orders of the shop" = "phc_…"}',
    )

    relay: str = Field(
        default="",
        title="A PostHog of your own that events are passed on to, from when this is set on, as long as their visitors "
        "agree.",
        description="the address of a PostHog, such as https://posthog.example.com",
    )
    relay_key: str = Field(
        default="",
        title="The key of the project there.",
        description='a project API key, such as "phc_…"',
    )

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value:
            clickhouse_server(value)
        return value

    @field_validator("relay")
    @classmethod
    def _relay(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username
        ):
            raise ValueError("not the address of a server")
        return value.rstrip("/")


class DeclaredService(_Part):
    """One ``[[service]]``: adds to what is known, or overrides the known service of that name or id."""

    name: str = Field(
        min_length=1,
        title="What visitors know the service by.",
        description="the service's name as visitors know it",
    )
    purpose: Purpose = Field(
        title="What it is for. What is necessary is never held.",
        description="necessary, preferences, analytics, marketing or media",
    )
    id: str = Field(
        "",
        pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$",
        title="What records call it. Empty: made of the name. The id of a known service overrides that one.",
        description="lower-case letters, digits and single hyphens",
    )
    vendor: str = Field(
        default="",
        title="The company behind it, which the choices page names.",
        description="the name of the company behind the service",
    )
    hosts: _Names = Field(
        default=(),
        title="Hosts that it is reached at; those below each are meant too.",
        description="host names without a scheme, such as tracker.test or *.acme.example",
    )
    paths: _Names = Field(
        default=(),
        title="Paths on the site's own host that lead to it.",
        description="paths on the site's own host that begin with a slash",
    )
    cookies: _Names = Field(
        default=(),
        title="The cookies that it sets or reads.",
        description="cookie names, * standing for any characters, but not * alone",
    )
    storage: _Names = Field(
        default=(),
        title="Its keys in the browser's storage, and its databases.",
        description="storage keys, * standing for any characters, but not * alone",
    )
    parameters: _Names = Field(
        default=(),
        title="Link parameters by which it follows visitors from site to site.",
        description="names of link parameters, such as gclid",
    )
    globals: _Names = Field(
        default=(),
        title="What its scripts define. The names are there while it is held, and do nothing.",
        description="names that its scripts define, such as fbq; dataLayer[] for a list, SC() where calls answer with "
        "objects",
    )
    scripts: _Names = Field(
        default=(),
        title="Text by which its inline scripts are known.",
        description="pieces of inline scripts of at least 4 characters",
    )
    shares: bool = Field(
        default=False,
        title="Whether it passes on what it learns (a sale or sharing under US state laws).",
        description="true or false",
    )
    retention: str = Field(
        default="",
        title="How long it keeps what it learns, as the choices page says it.",
        description="a duration in words, such as 13 months",
    )
    privacy: str = Field(
        default="",
        title="Its vendor's privacy policy, which the choices page links to.",
        description="the http(s) URL of the vendor's privacy policy",
    )

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_HOST_PATTERN.fullmatch(host) for host in value):
            raise ValueError
        return tuple(host.lower() if "/" not in host else host for host in value)

    @field_validator("paths")
    @classmethod
    def _paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"/[^\s?#]+", path) for path in value):
            raise ValueError
        return value

    @field_validator("cookies", "storage")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(name.strip("*") for name in value):
            raise ValueError
        return value

    @field_validator("globals")
    @classmethod
    def _globals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[\w$]+(?:\[\]|\(\))?", name) for name in value):
            raise ValueError
        return value

    @field_validator("scripts")
    @classmethod
    def _signatures(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(len(piece) >= 4 for piece in value):
            raise ValueError
        return value

    def service(self) -> Service:
        """The same in the vocabulary of the rules; without an ``id`` the name gives it."""
        fields: dict[str, Any] = self.model_dump(exclude={"id"})
        return Service(id=self.id or _slug(self.name), sources=("declared by the site",), **fields)


def _slug(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain or "service-" + hashlib.sha256(name.encode()).hexdigest()[:8]
