"""WordPress, from Debian's packages, on a MariaDB of its own and PHP's web server."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from .http_client import fetch
from .processes import Process, free_port
from .sites import Site

PACKAGE = Path("/usr/share/wordpress")
USER, PASSWORD = "ada", "an engine of difference"

_CONFIG = """<?php
define('DB_NAME', 'wp'); define('DB_USER', 'root'); define('DB_PASSWORD', ''); define('DB_HOST', 'localhost:@SOCKET@');
define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
  define($name.'_KEY', $name); define($name.'_SALT', $name);
}
define('WP_HOME', 'http://'.$_SERVER['HTTP_HOST']); define('WP_SITEURL', WP_HOME);
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_CONTENT_DIR', __DIR__.'/wp-content');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__.'/');
require_once ABSPATH.'wp-settings.php';
"""
_ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = __DIR__.'/site'.$path;
if (is_dir($file) && is_file(rtrim($file, '/').'/index.php')) { $path = rtrim($path, '/').'/index.php'; }
elseif (!is_file($file)) { $path = '/index.php'; }
elseif (!str_ends_with($file, '.php')) { return false; }
$file = __DIR__.'/site'.$path;
chdir(dirname($file));
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $path;
require $file;
"""
_TAG = """<?php
add_action('wp_head', function () { ?>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-TEST1"></script>
<script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);}
gtag('js', new Date()); gtag('config', 'G-TEST1');</script>
<?php }, 1);
"""
"""Google's tag as its plugins write it into every page."""
_PATIENT = "<?php add_filter('comment_flood_filter', '__return_false', 20);\n"
"""Two comments from one address within 15 seconds are no flood: all visitors of a test have the same."""


@contextmanager
def wordpress(folder: Path) -> Iterator[Site]:
    """A new WordPress with Google's tag in its pages; :data:`USER` may sign in."""
    site, data = folder / "site", folder / "data"
    shutil.copytree(PACKAGE, site)
    (site / "wp-config.php").unlink()
    socket = _short(folder)
    (site / "wp-config.php").write_text(_CONFIG.replace("@SOCKET@", str(socket)))
    (site / "wp-content" / "mu-plugins").mkdir()
    (site / "wp-content" / "mu-plugins" / "tag.php").write_text(_TAG)
    (site / "wp-content" / "mu-plugins" / "patient.php").write_text(_PATIENT)
    (folder / "router.php").write_text(_ROUTER)
    own = ["--no-defaults", f"--datadir={data}", f"--user={_user()}"]
    create = ["mariadb-install-db", *own, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(create, check=True, capture_output=True)
    serve = [
        "mariadbd",
        *own,
        f"--socket={socket}",
        "--skip-networking",
        "--innodb-flush-log-at-trx-commit=0",
    ]
    port = free_port()
    php = ["php", "-S", f"127.0.0.1:{port}", "-t", str(site), str(folder / "router.php")]
    with Process(serve) as database:
        database.ready(socket.exists)
        subprocess.run(
            ["mariadb", "--no-defaults", "-uroot", f"--socket={socket}", "-e", "create database wp"],
            check=True,
        )
        with Process(php, env={"PHP_CLI_SERVER_WORKERS": "6"}) as process:
            process.listening(port)
            _install(port)
            yield Site(port, process, folder)
    shutil.rmtree(socket.parent)


def _install(port: int) -> None:
    form = {
        "weblog_title": "Shop",
        "user_name": USER,
        "admin_password": PASSWORD,
        "admin_password2": PASSWORD,
        "pw_weak": "1",
        "admin_email": "owner@shop.test",
        "blog_public": "0",
    }
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    done = fetch(port, "/wp-admin/install.php?step=2", [kind], method="POST", body=urlencode(form).encode())
    assert "Success!" in done.text, done.text


def _short(folder: Path) -> Path:
    """The path of a socket: 107 bytes are the most that a path may have (unix(7))."""
    return Path(tempfile.mkdtemp(prefix="wp-")) / "sql"


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name
