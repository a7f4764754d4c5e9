#!/bin/sh
# uWSGI 2.0.31: the header X-Forwarded-Proto decides about wsgi.url_scheme, unasked.
#
# gunicorn and uvicorn take this header from addresses that they are told to trust, and
# waitress takes it away otherwise. uWSGI has no such setting. It takes the header from
# anybody, by HTTP and by its own protocol, and puts it above HTTPS=on, by which nginx
# tells what it has seen itself ("include uwsgi_params"). So an app without any middleware
# for proxies believes what a client says. And where a balancer before nginx speaks http,
# and says so in this header, the app writes links with http although nginx had https.
# UWSGI_SCHEME, which the documentation names for this, does not win over it either.
# Set the header itself in nginx: uwsgi_param HTTP_X_FORWARDED_PROTO $scheme;
#
# uWSGI is compiled, which needs a C compiler and the headers of Python.
#
# Output seen:
#   by HTTP, no header: http
#   by HTTP, X-Forwarded-Proto https: https
#   by uwsgi_pass, HTTPS on: https
#   by uwsgi_pass, HTTPS on, X-Forwarded-Proto http: http
#   by uwsgi_pass, UWSGI_SCHEME https, X-Forwarded-Proto http: http
set -eu
folder=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    uwsgi==2.0.31 2>"$folder/log" || { cat "$folder/log"; exit 1; }
cd "$folder"
cat >app.py <<'PYTHON'
def app(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.url_scheme"].encode()]
PYTHON
cat >ask.py <<'PYTHON'
import socket
import struct
import sys
import time


def send(port, message):
    deadline = time.monotonic() + 30
    while True:
        try:
            wire = socket.create_connection(("127.0.0.1", int(port)), 10)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    wire.sendall(message)
    answer = b"".join(iter(lambda: wire.recv(4096), b""))
    return answer.partition(b"\r\n\r\n")[2].decode()


def by_http(*lines):
    usual = ("GET / HTTP/1.1", "Host: localhost", "Connection: close")
    return send(sys.argv[1], "\r\n".join([*usual, *lines, "", ""]).encode())


def by_uwsgi(**more):
    usual = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "localhost"}
    block = b""
    for pair in (usual | more).items():
        for text in pair:
            block += struct.pack("<H", len(text)) + text.encode()
    return send(sys.argv[2], struct.pack("<BHB", 0, len(block), 0) + block)


print("by HTTP, no header:", by_http())
print("by HTTP, X-Forwarded-Proto https:", by_http("X-Forwarded-Proto: https"))
said = {"HTTP_X_FORWARDED_PROTO": "http"}
print("by uwsgi_pass, HTTPS on:", by_uwsgi(HTTPS="on"))
print(
    "by uwsgi_pass, HTTPS on, X-Forwarded-Proto http:", by_uwsgi(HTTPS="on", **said)
)
print(
    "by uwsgi_pass, UWSGI_SCHEME https, X-Forwarded-Proto http:",
    by_uwsgi(UWSGI_SCHEME="https", **said),
)
PYTHON
ports=$(python3 -c 'import socket; s = [socket.create_server(("127.0.0.1", 0)) for _ in "ab"]; print(*(x.getsockname()[1] for x in s))')
http=${ports% *}
uwsgi=${ports#* }
venv/bin/uwsgi --http-socket "127.0.0.1:$http" --socket "127.0.0.1:$uwsgi" --master \
    --die-on-term --module app:app >log 2>&1 &
server=$!
python3 ask.py "$http" "$uwsgi" >all
cat all
diff - all <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
by HTTP, no header: http
by HTTP, X-Forwarded-Proto https: https
by uwsgi_pass, HTTPS on: https
by uwsgi_pass, HTTPS on, X-Forwarded-Proto http: http
by uwsgi_pass, UWSGI_SCHEME https, X-Forwarded-Proto http: http
SEEN
