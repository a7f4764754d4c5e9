#!/bin/sh
# hypercorn 0.18.0 with its own bridge for WSGI ("wsgi:app:app"), and Flask 3.1.3: answers
# that have no body.
#
# Flask gives a server no piece of a body for HEAD, 204 and 304, as WSGI allows. hypercorn
# starts its answer when it sees the first piece. So there is no answer: the log has an
# UnexpectedMessageError, and the client gets a 500. A browser that asks again for a file
# that it has in its cache gets this instead of 304, and a monitor that uses HEAD sees the
# site down, while each page is there for GET. With a2wsgi 1.10.10 as the bridge, hypercorn
# answers as it should.
#
# Output seen:
#   hypercorn's own bridge: GET 200, HEAD 500, delete 500, known file 500
#   hypercorn with a2wsgi: GET 200, HEAD 200, delete 204, known file 304
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    flask==3.1.3 werkzeug==3.1.9 hypercorn==0.18.0 a2wsgi==1.10.10 2>"$folder/log" \
    || { cat "$folder/log"; exit 1; }
cd "$folder"
mkdir static
echo "body { color: teal }" >static/shop.css
cat >app.py <<'PYTHON'
from a2wsgi import WSGIMiddleware
from flask import Flask

app = Flask(__name__)


@app.delete("/basket")
def empty_basket():
    return "", 204


bridged = WSGIMiddleware(app)
PYTHON
cat >ask.py <<'PYTHON'
import http.client
import sys
import time


def ask(verb, path, headers={}):
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
        try:
            connection.request(verb, path, headers=headers)
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    return connection.getresponse()


whole = ask("GET", "/static/shop.css")
known = {"If-None-Match": whole.headers["ETag"]}
print(
    f"GET {whole.status}, HEAD {ask('HEAD', '/static/shop.css').status},"
    f" delete {ask('DELETE', '/basket').status},"
    f" known file {ask('GET', '/static/shop.css', known).status}"
)
PYTHON
seen() {  # APP
    port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    venv/bin/hypercorn --bind "127.0.0.1:$port" "$1" >log 2>&1 &
    server=$!
    trap 'kill "$server"; wait "$server" 2>/dev/null || true' EXIT
    python3 ask.py "$port"
}
{
    echo "hypercorn's own bridge: $(seen wsgi:app:app)"
    echo "hypercorn with a2wsgi: $(seen app:bridged)"
} >all
cat all
diff - all <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
hypercorn's own bridge: GET 200, HEAD 500, delete 500, known file 500
hypercorn with a2wsgi: GET 200, HEAD 200, delete 204, known file 304
SEEN
