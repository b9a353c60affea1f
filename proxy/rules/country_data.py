"""Fetches a free country database: ``python -m holdback.proxy.rules.country_data --output country.mmdb``.

It is the npm package ``@ip-location-db/geo-whois-asn-country-mmdb``, fetched by ``npm pack``, which checks what it
fetched against the registry's digest. Its makers say that this package is no longer updated and that they have found
wrong countries in it; they publish corrected files with their releases. A wrong country can mean a laxer regime, so a
site that many people outside the strictest regime visit should set ``geo_database`` to a database that is kept up.
"""

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import maxminddb

PACKAGE = "@ip-location-db/geo-whois-asn-country-mmdb"
VERSION = "2.3.2026061719"
_MEMBER = "package/geo-whois-asn-country.mmdb"

ATTRIBUTION = f"""\
Country database: {PACKAGE} {VERSION}
https://github.com/sapics/ip-location-db, CC0 1.0.
Made from WHOIS and ASN data of the Number Resource Organization (https://www.nro.net/),
licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).
"""


class CountryDataError(Exception):
    """The database could not be had; the text says why, in a sentence for the owner."""


def fetch(output: Path) -> None:
    """Puts the database at *output*, and its attribution next to it. Raises CountryDataError.

    What was there before is replaced only once the new file is whole and answers.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise CountryDataError(
            "npm is needed to fetch the country database; install Node.js, or set geo_database"
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        database = _unpacked(_packed(npm, Path(folder)), Path(folder))
        _check(database)
        output.with_name(f"{output.name}.NOTICE").write_text(ATTRIBUTION, "utf-8")
        database.replace(output)


def _packed(npm: str, folder: Path) -> Path:
    packing = subprocess.run(
        [npm, "pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{VERSION}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    packages = list(folder.glob("*.tgz"))
    if packing.returncode or len(packages) != 1:
        raise CountryDataError(
            f"npm could not fetch {PACKAGE}: {packing.stderr.strip()[-300:] or 'no package came'}"
        )
    return packages[0]


def _unpacked(package: Path, folder: Path) -> Path:
    database = folder / "country.mmdb"
    try:
        with tarfile.open(package) as archive, database.open("wb") as file:
            member = archive.extractfile(_MEMBER)
            if member is None:
                raise KeyError(_MEMBER)
            shutil.copyfileobj(member, file)
    except (tarfile.TarError, KeyError) as error:
        raise CountryDataError(f"{package.name} has no {_MEMBER}") from error
    return database


def _check(database: Path) -> None:
    """A database that can't be read would give every visitor the strictest regime without a word."""
    try:
        with maxminddb.open_database(database, maxminddb.MODE_MEMORY) as reader:
            answered = reader.get("193.0.0.1")
    except (ValueError, maxminddb.InvalidDatabaseError) as error:
        raise CountryDataError(f"what npm fetched is no country database: {error}") from error
    if not isinstance(answered, dict) or "country_code" not in answered:
        raise CountryDataError("what npm fetched does not know the country of an address of RIPE's")


def main() -> None:
    """Reads the arguments and fetches; exit status 1 and one sentence if it can't be done."""
    parser = argparse.ArgumentParser(description="Fetch a free country database.")
    parser.add_argument("--output", type=Path, default=Path("country.mmdb"), help="where to put it")
    output: Path = parser.parse_args().output
    try:
        fetch(output)
    except CountryDataError as error:
        sys.exit(f"country data: {error}")
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB\n\n{ATTRIBUTION}", end="")


if __name__ == "__main__":
    main()
