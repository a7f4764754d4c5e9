#!/bin/sh
# Flask 3.1.3: a session interface whose store is down, and a request context.
#
# RequestContext.push() makes the request current before it asks the session interface to
# open the session. If that raises, as an interface over Redis does while Redis is away,
# "with app.request_context(...)" raises before its block, and so __exit__ is not called.
# The request stays current in this thread: code that runs later, outside of any request,
# reads its path. A WSGI request is not concerned, because Flask.wsgi_app pops in any case.
# Whoever enters a request context by hand, in a worker or a command, has to pop it after
# an error of push(), or the next job sees the request of the last one.
#
# Output seen:
#   push raised: ConnectionError
#   request is still current: True, path /job
#   after pop: False
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    "flask==3.1.3" "werkzeug==3.1.3" 2>"$folder/log" || { cat "$folder/log"; exit 1; }
"$folder/venv/bin/python" - <<'PYTHON' >"$folder/seen"
from flask import Flask, has_request_context, request
from flask.sessions import SessionInterface
from werkzeug.test import EnvironBuilder


class StoreIsDown(SessionInterface):
    def open_session(self, app, request):
        raise ConnectionError("the store is down")


app = Flask("shop")
app.session_interface = StoreIsDown()
context = app.request_context(EnvironBuilder(path="/job").get_environ())
try:
    with context:
        print("not reached")
except ConnectionError as error:
    print(f"push raised: {type(error).__name__}")
print(f"request is still current: {has_request_context()}, path {request.path}")
context.pop()
print(f"after pop: {has_request_context()}")
PYTHON
cat "$folder/seen"
diff - "$folder/seen" <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
push raised: ConnectionError
request is still current: True, path /job
after pop: False
SEEN
