#!/bin/sh
# Flask 3.1.3 and Werkzeug 3.1.9: the body of a request with "Transfer-Encoding: chunked".
#
# Werkzeug reads a body without a Content-Length only if the server sets
# "wsgi.input_terminated". gunicorn 27.0.1 does. hypercorn 0.18.0 and a2wsgi 1.10.10 on
# uvicorn 0.54.0 do not, though their input ends by itself: request.get_data() is empty,
# without an error. A middleware that sets the key cures both.
#
# Output seen:
#   gunicorn: 5 bytes
#   hypercorn: 0 bytes, with the key 5 bytes
#   uvicorn and a2wsgi: 0 bytes, with the key 5 bytes
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    flask==3.1.3 werkzeug==3.1.9 gunicorn==27.0.1 hypercorn==0.18.0 uvicorn==0.54.0 \
    a2wsgi==1.10.10 2>"$folder/log" || { cat "$folder/log"; exit 1; }
cat >"$folder/app.py" <<'PYTHON'
from a2wsgi import WSGIMiddleware
from flask import Flask, request

app = Flask(__name__)


@app.post("/")
def size():
    return str(len(request.get_data()))


def terminated(environ, start_response):
    environ["wsgi.input_terminated"] = True
    return app(environ, start_response)


bridged = WSGIMiddleware(app)
bridged_terminated = WSGIMiddleware(terminated)
PYTHON
cat >"$folder/ask.py" <<'PYTHON'
import socket
import sys
import time

deadline = time.monotonic() + 30
while True:
    try:
        wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.1)
wire.sendall(
    b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
)
answer = b"".join(iter(lambda: wire.recv(4096), b""))
print(answer.partition(b"\r\n\r\n")[2].decode().strip(), "bytes")
PYTHON
cd "$folder"
ask() {  # MODULE ARGUMENT...
    port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$folder/venv/bin/python" -m "$@" "127.0.0.1:$port" >"$folder/log" 2>&1 &
    server=$!
    trap 'kill "$server"; wait "$server" 2>/dev/null || true' EXIT
    python3 ask.py "$port"
}
cat >"$folder/run_uvicorn.py" <<'PYTHON'
import sys

import uvicorn

uvicorn.run(sys.argv[1], port=int(sys.argv[2].partition(":")[2]))
PYTHON
{
    echo "gunicorn: $(ask gunicorn app:app --bind)"
    echo "hypercorn: $(ask hypercorn wsgi:app:app --bind)," \
        "with the key $(ask hypercorn wsgi:app:terminated --bind)"
    echo "uvicorn and a2wsgi: $(ask run_uvicorn app:bridged)," \
        "with the key $(ask run_uvicorn app:bridged_terminated)"
} >"$folder/all"
cat "$folder/all"
diff - "$folder/all" <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
gunicorn: 5 bytes
hypercorn: 0 bytes, with the key 5 bytes
uvicorn and a2wsgi: 0 bytes, with the key 5 bytes
SEEN
