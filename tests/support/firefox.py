"""Firefox as it comes from Debian, without a driver: it is given addresses, and shows them (see driven_firefox.py).

Whatever it asks of other machines goes to a proxy of the test's, which sees each request whole.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .processes import Process

EXECUTABLE = shutil.which("firefox-esr") or shutil.which("firefox")
_SETTINGS = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.no_proxies_on": "127.0.0.1",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.auto": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.aboutwelcome.enabled": False,
    "browser.sessionstore.resume_from_crash": False,
    "browser.tabs.unloadOnLowMemory": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "dom.security.https_first": False,
    "extensions.getAddons.cache.enabled": False,
    "privacy.trackingprotection.enabled": False,
    "privacy.trackingprotection.pbmode.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/v1",
    "toolkit.telemetry.enabled": False,
}


def written_profile(profile: Path, settings: Mapping[str, object]) -> None:
    """Make a profile that has these settings beside those that keep Firefox from asking for anything by itself."""
    profile.mkdir()
    lines = [
        f'user_pref("{name}", {json.dumps(value)});' for name, value in {**_SETTINGS, **settings}.items()
    ]
    (profile / "user.js").write_text("\n".join(lines) + "\n")


@contextmanager
def showing(addresses: Sequence[str], profile: Path, proxy_port: int) -> Iterator[Process]:
    """Firefox with a tab for each of *addresses*; what is not on 127.0.0.1 is asked of the proxy on *proxy_port*."""
    written_profile(profile, {"network.proxy.http_port": proxy_port})
    command = [EXECUTABLE, "--headless", "--no-remote", "--profile", profile, *addresses]
    with Process(command) as process:
        yield process
