"""What a site owner may set, and the sentence they read when a value won't do.

Every field's description continues the words "KEY must be": it is the documentation and the error message at
once. :mod:`.settings_sources` fills the model from the file, the environment and the flags.
"""

import difflib
import hashlib
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from ..store.addresses import server_of
from .rules.catalogue import curated
from .rules.companies import with_companies
from .rules.model import Purpose, Service

type Network = IPv4Network | IPv6Network

_HOST_PATTERN = re.compile(r"(\*\.)?[^\s/:*?#@\\]+(:\d{1,5})?(/[^\s*?#]*)?")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/]*):(\d{1,5})")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def _listed(value: object) -> object:
    """One string in an environment variable or a flag may hold several members, parted by commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _network(value: object) -> object:
    return ip_network(value, strict=False) if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


type _Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Site(_Part):
    """``[site]``: who is responsible, as the notice and the records say it."""

    name: str = Field(
        default="",
        title="Who runs the site, as the notice, the choices page and every receipt name them. Empty: the host's name.",
        description="the name of who is responsible for the site",
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
        description="names that its scripts define, such as fbq",
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


class Settings(BaseSettings):
    """Everything that ``holdback`` and the middleware can be told. Frozen; made by :func:`.load`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="HOLDBACK_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        str_strip_whitespace=True,
    )

    upstream: str = Field(
        default="",
        title="The site that Holdback stands in front of.",
        description="the site's address, such as http://127.0.0.1:9000",
    )
    listen: str = Field(
        default="127.0.0.1:8080",
        title="Where visitors are served.",
        description="a host and a port, such as 127.0.0.1:8080",
    )
    enforce: Literal["known", "strict"] = Field(
        default="known",
        title="Whether what is known is held, or all that is not declared as well, by a content security policy.",
        description='"known" or "strict"',
    )
    trusted_hops: Annotated[
        tuple[Annotated[Network, BeforeValidator(_network)], ...], NoDecode, BeforeValidator(_listed)
    ] = Field(
        default=(),
        title="Proxies in front of Holdback whose `X-Forwarded-…` lines are believed.",
        description="addresses or networks of your own proxies, such as 127.0.0.1/32",
    )
    geo_database: Path | None = Field(
        default=None,
        title="What tells a visitor's country, and with it the law. Without it everybody is asked to opt in.",
        description="the path of an MMDB file",
    )
    region_header: str | None = Field(
        default=None,
        title="The header in which a trusted proxy tells the visitor's country (`DE`) or region (`US-CA`).",
        description="a header name, such as CF-IPCountry",
    )
    easyprivacy: Path | None = Field(
        default=None,
        title="A list of trackers whose rules hold besides what is known.",
        description="the path of an EasyPrivacy list",
    )
    prefix: str = Field(
        default="/_hb",
        title="Under which path our own pages are.",
        description="a path without a slash at its end, such as /_hb",
    )
    data: Path = Field(
        default=Path("holdback-data"),
        title="The folder for the consent log, its keys and events. Back it up.",
        description="the path of a folder for the consent log and keys",
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=256,
        title="Processes that serve visitors; one for each core.",
        description="a number of processes from 1 to 256",
    )
    tls_certificate: Path | None = Field(
        default=None,
        title="The certificate with which visitors are served over HTTPS. It needs `tls_key`.",
        description="the path of a PEM file with the certificate chain",
    )
    tls_key: Path | None = Field(
        default=None,
        title="The key of `tls_certificate`.",
        description="the path of a PEM file with the certificate's key",
    )
    access_log: str = Field(
        default="off",
        title="Where a line for each request goes, which names no visitor.",
        description='"off", "stderr" or the path of a file',
    )
    choice_days: int = Field(
        default=180,
        ge=1,
        le=400,
        title="How long a choice counts; then visitors are asked again.",
        description="a number of days from 1 to 400",
    )
    site: Site = Field(default=Site(), description="a table with name and privacy_policy")
    limits: Limits = Field(default=Limits(), description="a table of limits")
    retention: Retention = Field(default=Retention(), description="a table with records_days and events_days")
    store: Store = Field(default=Store(), description="a table with url and master_key")
    service: tuple[DeclaredService, ...] = Field(
        default=(), description="a list of tables, each with name and purpose"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given: the order of file, environment and flags is kept in one place, ``load``."""
        return (init_settings,)

    @field_validator("upstream")
    @classmethod
    def _upstream(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        bare = parts.path in ("", "/") and not parts.query and not parts.fragment and not parts.username
        if parts.scheme not in ("http", "https") or not parts.hostname or not bare or parts.port == 0:
            raise ValueError
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        match = _HOST_AND_PORT.fullmatch(value)
        if match is None or int(match[2]) > 65_535:
            raise ValueError
        return value

    @field_validator("region_header")
    @classmethod
    def _region_header(cls, value: str | None) -> str | None:
        if value is not None and not _HEADER_NAME.fullmatch(value):
            raise ValueError
        return value

    @field_validator("prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        if not _PREFIX.fullmatch(value):
            raise ValueError
        return value

    @field_validator("tls_certificate", "tls_key")
    @classmethod
    def _there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("but there is no such file")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key must be given together")
        ids = [service.id for service in self.declared_services()]
        for id_ in ids:
            if ids.count(id_) > 1:
                raise ValueError(
                    f'service "{id_}" is declared twice: every [[service]] needs a name of its own'
                )
        return self

    @property
    def listen_host(self) -> str:
        """The address to bind; an empty one in ``listen`` means every interface."""
        return self.listen.rpartition(":")[0].strip("[]") or "0.0.0.0"  # noqa: S104  the owner wrote ":8080"

    @property
    def listen_port(self) -> int:
        """The port to bind; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])

    @property
    def scheme(self) -> str:
        """What visitors speak to us."""
        return "https" if self.tls_certificate else "http"

    def declared_services(self) -> tuple[Service, ...]:
        """The owner's ``[[service]]`` tables in the vocabulary of the rules."""
        return tuple(declared.service() for declared in self.service)

    def digest(self) -> str:
        """SHA-256 (hex) of what bears on a visitor's choice: a record names the settings it was made under.

        Where the site is served from, and by how many processes, has no bearing and may differ between hosts.
        """
        said = self.model_dump_json(include={"enforce", "site", "service", "choice_days", "prefix"})
        return hashlib.sha256(said.encode()).hexdigest()
