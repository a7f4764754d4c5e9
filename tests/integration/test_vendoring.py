"""``flask antom vendor-sdk``, with the real packages, the real npm, a local registry.

npm takes its registry from the environment, as it does for a user.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, jsonify, render_template_string, request, send_file
from werkzeug.serving import make_server

from flask_antom.browser_sdk import releases
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.paths import ROOT
from tests.support.sdk_packages import bundle, package
from tests.support.shop import db, make_shop, shop_settings

NAME = "@alipay/ams-checkout"


def make_app(static_folder: Path | None, **settings: str) -> Flask:
    """Make a shop that talks to nobody."""
    front = make_shop(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9") | settings)
    front.app.static_folder = None if static_folder is None else str(static_folder)
    front.close()  # its commands need no database
    return front.app


def vendor(app: Flask, *arguments: str | Path) -> tuple[int, str]:
    words = ["antom", "vendor-sdk", *map(str, arguments)]
    result = app.test_cli_runner().invoke(args=words)
    return result.exit_code, result.output


def settings_in(output: str) -> dict[str, str]:
    lines = [line.split(" = ") for line in output.splitlines() if " = " in line]
    return {name.strip(): value.strip("'") for name, value in lines}


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return tmp_path / "static"


@pytest.fixture(scope="module")
def npm_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """npm on the PATH, with a cache of its own and no way out."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    assert shutil.which("npm", path=path), "Run `make test`, which installs npm."
    return {
        "PATH": path,
        "npm_config_cache": str(tmp_path_factory.mktemp("npm-cache")),
        "npm_config_fetch_retries": "0",
        "npm_config_registry": "http://127.0.0.1:9/",
    }


@pytest.fixture(scope="module")
def archive(
    npm_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The package as ``npm pack`` writes it."""
    folder = tmp_path_factory.mktemp("archive")
    subprocess.run(
        ["npm", "pack", package("1.47.2"), "--pack-destination", folder],
        env=os.environ | npm_environment,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder / "alipay-ams-checkout-1.47.2.tgz"


@pytest.fixture
def npm(npm_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make npm available to the command, but no registry."""
    for name, value in npm_environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def registry(
    npm: None, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A registry on loopback that has the one package."""
    app = Flask("registry")
    content = archive.read_bytes()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()

    @app.get(f"/{NAME}")
    def about() -> Response:
        dist = {
            "tarball": f"{request.host_url}{archive.name}",
            "integrity": f"sha512-{digest}",
        }
        return jsonify(
            name=NAME,
            versions={"1.47.2": {"name": NAME, "version": "1.47.2", "dist": dist}},
        )

    @app.get(f"/{archive.name}")
    def tarball() -> Response:
        return send_file(archive, as_attachment=True)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """A folder that can be made to be any package."""
    folder = tmp_path / "package"
    shutil.copytree(package("1.47.2"), folder, ignore=shutil.ignore_patterns("esm"))
    return folder


def rename(folder: Path, **changes: str) -> None:
    about = json.loads((folder / "package.json").read_text())
    (folder / "package.json").write_text(json.dumps(about | changes))


@pytest.mark.antom_sdk
@pytest.mark.parametrize("version", ["1.47.2", "1.12.0"])
def test_the_printed_settings_load_the_copy(static: Path, version: str) -> None:
    code, output = vendor(make_app(static), "--from", package(version))
    assert code == 0, output
    assert "Nobody has tried" not in output
    settings = settings_in(output)
    assert settings["ANTOM_SDK_INTEGRITY"] == releases.RELEASES[version].integrity

    app = make_app(static, **settings)
    with app.test_client().get(settings["ANTOM_SDK_URL"]) as served:
        assert served.data == bundle(version).read_bytes()
    source = (
        '{% from "antom/checkout.html" import antom_checkout %}'
        '{{ antom_checkout("A-1", methods=["GCASH"]) }}'
    )
    with app.test_request_context():
        db.create_all()  # the macro looks where the order stands
        page = render_template_string(source)
    assert f'src="{settings["ANTOM_SDK_URL"]}"' in page
    assert f'integrity="{settings["ANTOM_SDK_INTEGRITY"]}"' in page
    assert releases.release_of(settings["ANTOM_SDK_URL"]) is releases.RELEASES[version]


@pytest.mark.antom_sdk
def test_the_archive_of_npm_pack_is_taken(static: Path, archive: Path) -> None:
    code, output = vendor(make_app(static), "--from", archive)
    assert code == 0, output
    copy = static / "antom-sdk" / "ams-checkout-1.47.2.min.js"
    assert copy.read_bytes() == bundle("1.47.2").read_bytes()
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    assert "1,275,297 bytes" in output


@pytest.mark.antom_sdk
@pytest.mark.parametrize("arguments", [[], ["1.47.2"]])
def test_npm_gets_the_package(
    static: Path, registry: None, arguments: list[str]
) -> None:
    code, output = vendor(make_app(static), *arguments)
    assert code == 0, output
    assert f"npm is getting {NAME} 1.47.2" in output
    copy = static / "antom-sdk" / "ams-checkout-1.47.2.min.js"
    assert copy.read_bytes() == bundle("1.47.2").read_bytes()


@pytest.mark.antom_sdk
def test_npm_says_that_there_is_no_such_version(static: Path, registry: None) -> None:
    code, output = vendor(make_app(static), "1.99.9")
    assert code == 1
    assert f"npm finds no version 1.99.9 of {NAME} (ETARGET)." in output
    assert not static.exists()


@pytest.mark.antom_sdk
def test_npm_says_that_there_is_no_network(static: Path, npm: None) -> None:
    code, output = vendor(make_app(static))
    assert code == 1
    assert "npm cannot reach its registry (ECONNREFUSED)" in output
    assert "--from" in output
    assert "127.0.0.1" not in output


def test_another_failure_of_npms_is_named(
    static: Path, npm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_offline", "true")
    code, output = vendor(make_app(static))
    assert code == 1
    assert "npm failed (ENOTCACHED)" in output
    assert f"npm pack {NAME}@1.47.2" in output


def test_without_npm_the_other_way_is_shown(
    static: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, output = vendor(make_app(static))
    assert code == 1
    assert "There is no npm on the PATH." in output
    assert "--from" in output


@pytest.mark.parametrize("version", ["latest", "1.47", "../1.47.2", "1.47.2;x"])
def test_a_version_is_a_number(static: Path, version: str) -> None:
    code, output = vendor(make_app(static), version)
    assert (code, "is not a version" in output) == (1, True)


@pytest.mark.antom_sdk
def test_the_version_and_the_package_have_to_agree(static: Path) -> None:
    code, output = vendor(make_app(static), "1.12.0", "--from", package("1.47.2"))
    assert (code, "is 1.47.2, not 1.12.0." in output) == (1, True)
    assert not static.exists()


@pytest.mark.antom_sdk
def test_a_changed_file_is_refused(static: Path, fake: Path) -> None:
    file = fake / "dist" / "umd" / "ams-checkout.min.js"
    file.write_bytes(file.read_bytes() + b" ")
    code, output = vendor(make_app(static), "--from", fake)
    assert (code, "This is not the file of" in output) == (1, True)
    assert not static.exists()


@pytest.mark.antom_sdk
def test_a_version_that_nobody_tried_is_taken_and_said_to_be_one(
    static: Path, fake: Path
) -> None:
    rename(fake, version="1.48.0")
    code, output = vendor(make_app(static), "--from", fake)
    assert code == 0
    assert "Nobody has tried this version" in output
    assert settings_in(output)["ANTOM_SDK_URL"].endswith("ams-checkout-1.48.0.min.js")


@pytest.mark.antom_sdk
@pytest.mark.parametrize("changes", [{"name": "other"}, {"version": "../../1.0.0"}])
def test_another_package_is_refused(
    static: Path, fake: Path, changes: dict[str, str]
) -> None:
    rename(fake, **changes)
    code, output = vendor(make_app(static), "--from", fake)
    assert (code, f"not {NAME}" in output) == (1, True)
    assert not static.exists()


@pytest.mark.antom_sdk
def test_what_is_no_package_is_refused(
    static: Path, archive: Path, tmp_path: Path
) -> None:
    content = archive.read_bytes()
    sources = [ROOT / "tests"]
    for name, wrong in {
        "half": content[:10_000],
        "spoilt": content[:10_000] + bytes(100) + content[10_100:],
        "text": b"no archive",
    }.items():
        sources.append(tmp_path / f"{name}.tgz")
        sources[-1].write_bytes(wrong)
    for source in sources:
        code, output = vendor(make_app(static), "--from", source)
        assert (code, f"{source} is neither" in output) == (1, True)


@pytest.mark.antom_sdk
def test_a_second_time_does_no_harm(static: Path) -> None:
    app = make_app(static)
    first = vendor(app, "--from", package("1.12.0"))
    assert vendor(app, "--from", package("1.12.0")) == first


@pytest.mark.antom_sdk
def test_another_file_is_not_overwritten(static: Path) -> None:
    copy = static / "antom-sdk" / "ams-checkout-1.12.0.min.js"
    copy.parent.mkdir(parents=True)
    copy.write_text("mine")
    code, output = vendor(make_app(static), "--from", package("1.12.0"))
    assert (code, "is another file" in output) == (1, True)
    assert copy.read_text() == "mine"


@pytest.mark.antom_sdk
def test_an_app_without_a_static_folder_is_refused() -> None:
    code, output = vendor(make_app(None), "--from", package("1.12.0"))
    assert (code, "static_folder=None" in output) == (1, True)


@pytest.mark.antom_sdk
def test_a_folder_that_cannot_be_written_is_named(static: Path) -> None:
    static.write_text("a file in its place")
    code, output = vendor(make_app(static), "--from", package("1.12.0"))
    assert (code, "cannot be written" in output) == (1, True)
