#!/bin/sh
# Flask 3.1.3: a download that is streamed by a generator, which raises in the middle.
#
# The status is sent by then, so a server can only break the answer off. gunicorn 27.0.1,
# waitress 3.0.2 and granian 2.8.9 send it in chunks and leave the last one out, so a
# client raises. uWSGI 2.0.31, with --http or --http-socket, sends neither chunks nor a
# length: the answer ends where the connection ends, and half a file looks like a whole
# one. If the generator raises before its first piece, gunicorn and waitress answer 500,
# granian breaks off, and uWSGI sends a 200 with an empty body.
# With --http-auto-chunked uWSGI's router sends chunks, but the last one too.
# Build the file first and send a Content-Length, or end it with a line that readers look
# for.
#
# uWSGI is compiled, which needs a C compiler and the headers of Python.
#
# Output seen:
#   gunicorn: after 2 of 3 lines: broken off; before the first: 500
#   waitress: after 2 of 3 lines: broken off; before the first: 500
#   granian: after 2 of 3 lines: broken off; before the first: broken off
#   uwsgi: after 2 of 3 lines: 200, whole: a 1,b 2,; before the first: 200, whole:
#   uwsgi, chunked: after 2 of 3 lines: 200, whole: a 1,b 2,; before the first: 200, whole:
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    flask==3.1.3 werkzeug==3.1.9 gunicorn==27.0.1 waitress==3.0.2 granian==2.8.9 \
    uwsgi==2.0.31 2>"$folder/log" || { cat "$folder/log"; exit 1; }
cd "$folder"
cat >app.py <<'PYTHON'
from flask import Flask, Response

app = Flask(__name__)


@app.get("/after/<int:lines>")
def export(lines):
    def rows():
        for number, row in enumerate(("a 1,", "b 2,", "c 3,")):
            if number == lines:
                raise RuntimeError("the database is away")
            yield row

    return Response(rows(), mimetype="text/csv")
PYTHON
cat >ask.py <<'PYTHON'
import http.client
import sys
import time


def download(lines):
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
        try:
            connection.request("GET", f"/after/{lines}")
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    try:
        answer = connection.getresponse()
        text = answer.read().decode()
    except (http.client.IncompleteRead, ConnectionError):
        return "broken off"
    return f"200, whole: {text}".strip() if answer.status == 200 else answer.status


print(f"after 2 of 3 lines: {download(2)}; before the first: {download(0)}")
PYTHON
seen() {  # PROGRAM ARGUMENT...; ADDRESS and PORT stand for those of the server
    port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    command=$(echo "venv/bin/$*" | sed "s/ADDRESS/127.0.0.1:$port/; s/PORT/$port/")
    $command >log 2>&1 &
    server=$!
    trap 'kill "$server"; wait "$server" 2>/dev/null || true' EXIT
    python3 ask.py "$port"
}
{
    echo "gunicorn: $(seen gunicorn --bind ADDRESS --no-control-socket app:app)"
    echo "waitress: $(seen waitress-serve --listen=ADDRESS app:app)"
    echo "granian: $(seen granian --interface wsgi --host 127.0.0.1 --port PORT app:app)"
    echo "uwsgi: $(seen uwsgi --http-socket ADDRESS --master --die-on-term --module app:app)"
    echo "uwsgi, chunked: $(seen uwsgi --http ADDRESS --http-auto-chunked --master \
        --die-on-term --module app:app)"
} >all
cat all
diff - all <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
gunicorn: after 2 of 3 lines: broken off; before the first: 500
waitress: after 2 of 3 lines: broken off; before the first: 500
granian: after 2 of 3 lines: broken off; before the first: broken off
uwsgi: after 2 of 3 lines: 200, whole: a 1,b 2,; before the first: 200, whole:
uwsgi, chunked: after 2 of 3 lines: 200, whole: a 1,b 2,; before the first: 200, whole:
SEEN
