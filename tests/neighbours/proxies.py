"""The proxies of docs/servers, as the documentation says: https, below a prefix.

Only the addresses and the certificate are those of the tests.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.neighbours import programs
from tests.neighbours.servers import (
    apache,
    listens,
    own_modules,
    snippet,
)
from tests.neighbours.visits import Door
from tests.support.processes import free_port, run_program

PREFIX = "/shop"

#: Where the documentation's proxies expect the server.
_APP = "127.0.0.1:8000"


@dataclass(frozen=True)
class Place:
    """The place of a proxy: its files, its port and the server behind it.

    :ivar directory: for its files; ``site.crt``, ``site.key`` and ``site.pem``, which
        has both, are there.
    :ivar app: the address of the server behind it.
    """

    directory: Path
    port: int
    app: str

    def file(self, name: str, text: str) -> str:
        path = self.directory / name
        path.write_text(text)
        return str(path)


def _nginx(place: Place, name: str = "nginx.conf", more: str = "") -> list[str]:
    site = snippet(
        name,
        {
            "443": f"127.0.0.1:{place.port}",
            "/etc/ssl/example.com": place.directory / "site",
            _APP: place.app,
        },
    )
    site = site.replace("include uwsgi_params", f"include {programs.uwsgi_params()}")
    folders = "".join(
        f"{kind}_temp_path {place.directory}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = (
        f"daemon off;\npid {place.directory}/nginx.pid;\nerror_log stderr;\n"
        "worker_processes 1;\nevents {}\n"
        f"http {{\naccess_log {place.directory}/access.log;\n{folders}{more}{site}}}\n"
    )
    return [programs.program("nginx"), "-c", place.file("nginx.conf", text)]


def _nginx_uwsgi(place: Place) -> list[str]:
    return _nginx(place, "nginx-uwsgi.conf")


def _haproxy(place: Place) -> list[str]:
    site = snippet(
        "haproxy.cfg",
        {
            ":443": f"127.0.0.1:{place.port}",
            "/etc/ssl/example.com.pem": place.directory / "site.pem",
            _APP: place.app,
        },
    )
    usual = (
        "defaults\n    mode http\n    timeout connect 5s\n"
        "    timeout client 30s\n    timeout server 30s\n\n"
    )
    return [programs.program("haproxy"), "-f", place.file("haproxy.cfg", usual + site)]


def _apache(place: Place) -> list[str]:
    site = snippet(
        "apache.conf",
        {
            "*:443": f"127.0.0.1:{place.port}",
            "/etc/ssl/example.com": place.directory / "site",
            _APP: place.app,
        },
    )
    names = ("mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http")
    return apache(place.directory, place.port, own_modules(*names), site)


def _caddy(place: Place) -> list[str]:
    site = snippet(
        "Caddyfile",
        {
            "example.com {": (
                f"https://example.com:{place.port} {{\n\tbind 127.0.0.1\n"
                f"\ttls {place.directory}/site.crt {place.directory}/site.key"
            ),
            _APP: place.app,
        },
    )
    usual = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    file = place.file("Caddyfile", usual + site)
    caddy = programs.program("caddy")
    return [caddy, "run", "--config", file, "--adapter", "caddyfile"]


#: What writes the configuration of each, and returns the command that runs it.
PROXIES: dict[str, Callable[[Place], list[str]]] = {
    "nginx": _nginx,
    "HAProxy": _haproxy,
    "Apache": _apache,
    "Caddy": _caddy,
}

#: The one that speaks uwsgi with uWSGI.
NGINX_BY_UWSGI = _nginx_uwsgi

#: The programs, by the names in the table.
PROGRAMS = {
    "nginx": "nginx",
    "HAProxy": "haproxy",
    "Apache": "apache2",
    "Caddy": "caddy",
}


@contextmanager
def run_proxy(
    write: Callable[[Place], list[str]], app_port: int, directory: Path
) -> Iterator[Door]:
    """Run a proxy before a server until the end of the block; gives its door."""
    port = free_port()
    write_certificate(directory)
    command = write(Place(directory, port, f"127.0.0.1:{app_port}"))
    homes = {"HOME": str(directory), "XDG_DATA_HOME": str(directory)}
    with run_program(command, homes, directory) as program:
        program.until(lambda: listens(port))
        yield Door(port, PREFIX, str(directory / "site.crt"))


def write_certificate(directory: Path) -> None:
    """Write a certificate of example.com that it has signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("example.com")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (directory / "site.crt").write_bytes(public)
    (directory / "site.key").write_bytes(private)
    (directory / "site.pem").write_bytes(public + private)
