#!/bin/sh
# granian 2.8.9 and a WSGI app: headers with letters beyond ASCII.
#
# WSGI says that the bytes of a header are its text in ISO-8859-1 (PEP 3333), so an app can
# have the bytes back by encode("latin-1"). gunicorn 27.0.1 and waitress 3.0.2 do so, both
# ways. granian gives the app an empty text for a header with any byte beyond ASCII, as if
# the client had sent it empty, and it writes the headers of an answer in UTF-8. So the
# name of a user or a file that a proxy passes on is lost without an error, and one that
# the app has put into ISO-8859-1 as it should arrives as something else.
#
# Output seen:
#   gunicorn: app sees b'J\xc3\xbcrgen', client sees b'J\xc3\xbcrgen'
#   waitress: app sees b'J\xc3\xbcrgen', client sees b'J\xc3\xbcrgen'
#   granian: app sees b'', client sees b'J\xc3\x83\xc2\xbcrgen'
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    gunicorn==27.0.1 waitress==3.0.2 granian==2.8.9 2>"$folder/log" \
    || { cat "$folder/log"; exit 1; }
cd "$folder"
cat >app.py <<'PYTHON'
NAME = "Jürgen".encode()


def app(environ, start_response):
    seen = environ["HTTP_X_USER"].encode("latin-1")
    start_response("200 OK", [("X-User", NAME.decode("latin-1"))])
    return [repr(seen).encode()]
PYTHON
cat >ask.py <<'PYTHON'
import socket
import sys
import time

from app import NAME

deadline = time.monotonic() + 30
while True:
    try:
        wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.1)
lines = [b"GET / HTTP/1.1", b"Host: localhost", b"Connection: close", b"X-User: " + NAME]
wire.sendall(b"\r\n".join([*lines, b"", b""]))
head, _, body = b"".join(iter(lambda: wire.recv(4096), b"")).partition(b"\r\n\r\n")
headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
quoted = body[body.index(b"b'") : body.rindex(b"'") + 1].decode()
print(f"app sees {quoted}, client sees {headers[b'x-user'].replace(b'j', b'J')}")
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
} >all
cat all
diff - all <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
gunicorn: app sees b'J\xc3\xbcrgen', client sees b'J\xc3\xbcrgen'
waitress: app sees b'J\xc3\xbcrgen', client sees b'J\xc3\xbcrgen'
granian: app sees b'', client sees b'J\xc3\x83\xc2\xbcrgen'
SEEN
