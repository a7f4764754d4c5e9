"""The page for the support team, at ``/admin``.

In the demo, whoever opens it on this machine is the shop's clerk, and may do
everything. That is for a demo only: a real shop asks its login in these functions.
"""

from __future__ import annotations

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import Admin, AdminIndexView, expose  # type: ignore[import-untyped]
from flask_admin.menu import MenuLink  # type: ignore[import-untyped]

from flask_antom.contrib.admin import AntomAdmin

from .payments import antom

THIS_MACHINE = ("127.0.0.1", "localhost")


def clerk() -> str | None:
    """Return the name of the clerk who is here; ``None`` for everybody else."""
    is_here = request.remote_addr == "127.0.0.1" and (
        request.host.partition(":")[0] in THIS_MACHINE
    )
    name: str | None = current_app.config["DEMO_CLERK"]
    return name if is_here else None


def is_clerk() -> bool:
    return clerk() is not None


def may_act(action: str) -> bool:
    """Whether the visitor may do this: the demo's clerk may do everything."""
    return is_clerk()


support = AntomAdmin(antom, may_see=is_clerk, may_act=may_act, actor=clerk)


class Home(AdminIndexView):  # type: ignore[misc]
    """Flask-Admin's first page, which leads to the payments."""

    @expose("/")  # type: ignore[untyped-decorator]
    def index(self) -> ResponseReturnValue:
        return redirect(url_for("antom_admin.payments"))

    def is_accessible(self) -> bool:
        return is_clerk()

    def is_visible(self) -> bool:
        return False


def init_app(app: Flask) -> None:
    """Add the page, and a link back to the shop."""
    admin = Admin(
        app, "Tanah", index_view=Home(), csp_nonce_generator=lambda: g.csp_nonce
    )
    admin.add_link(MenuLink("To the shop", endpoint="shop.index"))
    support.add_to(admin)
