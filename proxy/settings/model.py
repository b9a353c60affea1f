"""What a site owner may set, and the sentence they read when a value won't do.

Every field's description continues the words "KEY must be": it is the documentation and the error message at
once. Its title says what the setting does. :mod:`.sources` fills the model from the file, the environment
and the flags.
"""

import hashlib
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from ..rules.filter_list import Source
from ..rules.model import Purpose, Service
from .tables import DeclaredService, Events, Limits, Retention, Site, Store, listed

if TYPE_CHECKING:
    from ...store.store import StoreLocation

type Network = IPv4Network | IPv6Network

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/]*):(\d{1,5})")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def _network(value: object) -> object:
    return ip_network(value, strict=False) if isinstance(value, str) else value


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
        tuple[Annotated[Network, BeforeValidator(_network)], ...], NoDecode, BeforeValidator(listed)
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
        title="A list of trackers whose rules hold for analytics besides what is known. Without it: easyprivacy.txt in "
        "the data folder, if `holdback rules update` has put it there.",
        description="the path of an EasyPrivacy list",
    )
    easylist: Path | None = Field(
        default=None,
        title="A list of advertising whose rules hold for marketing besides what is known. Without it: easylist.txt in "
        "the data folder.",
        description="the path of an EasyList list",
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
    events: Events = Field(default=Events(), description="a table with url, exempt, relay and relay_key")
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
        if bool(self.events.relay) != bool(self.events.relay_key):
            raise ValueError("relay and relay_key in [events] must be given together")
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

    def filter_lists(self) -> tuple[Source, ...]:
        """The lists whose rules hold besides what is known: those named, and else those in the data folder."""
        lists = (
            ("EasyPrivacy", Purpose.ANALYTICS, self.easyprivacy, "easyprivacy.txt"),
            ("EasyList", Purpose.MARKETING, self.easylist, "easylist.txt"),
        )
        found = [(name, purpose, file or self.data / own, bool(file)) for name, purpose, file, own in lists]
        return tuple(
            Source(name, purpose, file) for name, purpose, file, named in found if named or file.is_file()
        )

    def store_location(self) -> "StoreLocation":
        """Where log, events and keys are."""
        from ...store.store import StoreLocation  # what asks for no store need not wait for it

        return StoreLocation(self.data, self.store.master_key, self.store.url, self.events.url)

    def digest(self) -> str:
        """SHA-256 (hex) of what bears on a visitor's choice: a record names the settings it was made under.

        Where the site is served from, and by how many processes, has no bearing and may differ between hosts.
        """
        return hashlib.sha256(self.bearing().encode()).hexdigest()

    def bearing(self) -> str:
        """What bears on a visitor's choice, as JSON."""
        return self.model_dump_json(include={"enforce", "site", "service", "choice_days", "prefix"})
