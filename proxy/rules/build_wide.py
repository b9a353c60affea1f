"""Makes the wide facts out of public collections: ``python -m holdback.proxy.rules.build_wide`` says what it needs.

Facts go in (a name, a purpose, whose it is), descriptions don't. Names that sites need are left out, whatever a
collection says of them: the Open Cookie Database has ``sessionid`` under marketing.
"""

import argparse
import csv
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .catalogue import necessary_names
from .matchers import NameTable
from .model import Purpose
from .wide import Fact

_DATA = Path(__file__).parent / "data"

_COOKIE_PURPOSES = {
    "Analytics": Purpose.ANALYTICS,
    "Marketing": Purpose.MARKETING,
    "Functional": Purpose.PREFERENCES,
    "Personalization": Purpose.PREFERENCES,
    "Security": Purpose.NECESSARY,
    "Necessary": Purpose.NECESSARY,
}
_HOST_PURPOSES = {
    "ad": Purpose.MARKETING,
    "marketing": Purpose.MARKETING,
    "analytics": Purpose.ANALYTICS,
    "tag-manager": Purpose.ANALYTICS,
    "social": Purpose.MEDIA,
    "video": Purpose.MEDIA,
    "content": Purpose.MEDIA,
    "customer-success": Purpose.PREFERENCES,
    "utility": Purpose.PREFERENCES,
    "consent-provider": Purpose.NECESSARY,
    "cdn": Purpose.NECESSARY,
    "hosting": Purpose.NECESSARY,
}
_SERVICE_PURPOSES = {
    "ads": Purpose.MARKETING,
    "analytic": Purpose.ANALYTICS,
    "social": Purpose.MEDIA,
    "video": Purpose.MEDIA,
    "comment": Purpose.MEDIA,
    "support": Purpose.PREFERENCES,
    "api": Purpose.PREFERENCES,
}
_SHORTEST_PREFIX = 4
"""A shorter name before ``*`` says nothing: ``_s*`` and ``CT*`` are in the Open Cookie Database."""
_NAME = re.compile(r"[!#-+\--:<-~]+")  # what a cookie's name may be made of, less ; and , (RFC 6265 §4.1.1)
_SERVICE = re.compile(
    r'"key":\s*"[^"]*",\s*"type":\s*"([^"]*)",\s*"name":\s*"([^"]*)".*?"cookies":\s*\[([^\]]*)\]', re.DOTALL
)


def cookies_of_database(file: Path) -> Iterator[Fact]:
    """The cookies of the Open Cookie Database's CSV *file*."""
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            purpose = _COOKIE_PURPOSES.get(row["Category"])
            name = row["Cookie / Data Key name"].strip()
            wildcard = row["Wildcard match"] == "1" and not name.endswith("*")
            if purpose is not None:
                yield Fact(f"{name}*" if wildcard else name, purpose, row["Platform"].strip())


def cookies_of_services(file: Path) -> Iterator[Fact]:
    """The cookies of tarteaucitron.js' services, from its source *file*."""
    for kind, service, names in _SERVICE.findall(file.read_text("utf-8")):
        purpose = _SERVICE_PURPOSES.get(kind)
        if purpose is not None:
            for name in re.findall(r"""["']([^"']+)["']""", names):
                yield Fact(name, purpose, service)


def hosts_of_entities(file: Path) -> Iterator[Fact]:
    """The hosts of third-party-web's JSON *file* of entities."""
    for entity in json.loads(file.read_text("utf-8")):
        purpose = _HOST_PURPOSES.get(entity["category"])
        if purpose is not None:
            for host in entity["domains"]:
                yield Fact(host.removeprefix("*."), purpose, entity["name"])


def useful_cookies(facts: Iterable[Fact]) -> list[Fact]:
    """*facts* in order, one for a name, less those that are no name, say too little, or cover what sites need."""
    needed = NameTable((name, name) for name in necessary_names())
    examples = [name.replace("*", "x") for name in necessary_names()]
    kept: dict[str, Fact] = {}
    for fact in facts:
        pattern = NameTable([(fact.pattern, True)])
        if (
            _NAME.fullmatch(fact.pattern)
            and not ("*" in fact.pattern and fact.pattern.index("*") < _SHORTEST_PREFIX)
            and needed.find(fact.pattern.replace("*", "x")) is None
            and not any(pattern.find(name) for name in examples)
        ):
            kept.setdefault(fact.pattern, fact)
    return sorted(kept.values())


def useful_hosts(facts: Iterable[Fact]) -> list[Fact]:
    """*facts* in order, one for a host."""
    kept: dict[str, Fact] = {}
    for fact in facts:
        if re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", fact.pattern):
            kept.setdefault(fact.pattern, fact)
    return sorted(kept.values())


def write(file: Path, facts: list[Fact], sources: str) -> None:
    """Writes *facts* to *file*, one a line, under a line that names the *sources*."""
    lines = [f"# Made by build_wide.py from {sources}; see NOTICE. Pattern, purpose, whose."]
    lines += ["\t".join((fact.pattern, fact.purpose, fact.whose.replace("\t", " "))) for fact in facts]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{file.name}: {len(facts)} facts")


def main() -> None:
    """Reads the collections that the arguments name and writes the two files of wide facts."""
    parser = argparse.ArgumentParser(description="Make the wide facts anew.")
    parser.add_argument("--cookies", type=Path, required=True, help="open-cookie-database.csv (Apache-2.0)")
    parser.add_argument(
        "--services",
        type=Path,
        required=True,
        help="tarteaucitron.services.js of npm's tarteaucitronjs (MIT)",
    )
    parser.add_argument(
        "--hosts", type=Path, required=True, help="dist/entities.json of npm's third-party-web (MIT)"
    )
    chosen = parser.parse_args()
    cookies = useful_cookies([*cookies_of_database(chosen.cookies), *cookies_of_services(chosen.services)])
    write(_DATA / "wide-cookies.tsv", cookies, "the Open Cookie Database and tarteaucitron.js")
    write(_DATA / "wide-hosts.tsv", useful_hosts(hosts_of_entities(chosen.hosts)), "third-party-web")


if __name__ == "__main__":
    main()
