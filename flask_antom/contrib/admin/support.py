"""The object that a host makes: it knows who may do what, and adds the page."""

from __future__ import annotations

from typing import Any, Protocol

from ...errors import ConfigError
from ...hooks import Hooks
from ...store.host_models import take_or_make
from ...store.host_session import HasSession
from .access import Access, Actor, Denied, MayAct, MaySee
from .audit import ActionMixin
from .views import SupportView


class Extension(Protocol):
    """The parts of :class:`~flask_antom.FlaskAntom` that the page needs."""

    _db: HasSession
    _hooks: Hooks

    @property
    def Payment(self) -> type[Any]: ...


class AntomAdmin:
    """A page for the support team, for Flask-Admin.

    Without ``may_see`` nobody sees it, and without ``may_act`` nobody acts.

    :param antom: the extension, a :class:`~flask_antom.FlaskAntom`.
    :param may_see: returns whether this visitor may see the page.
    :param may_act: takes ``sync``, ``capture``, ``cancel``, ``refund`` or
        ``redeliver``; returns whether this visitor may do it.
    :param actor: returns the name under which this visitor's actions are recorded. A
        visitor without a name cannot act.
    :param denied: returns what a visitor gets who may not see the page, such as a
        redirect to the login. By default it is 404.
    :param action_model: the host's own class for the table ``antom_action``, a
        subclass of :class:`ActionMixin`; by default it is made on ``db.Model``.
    :raises ConfigError: if ``may_act`` is given without ``actor``, or the model cannot
        be made or is not in the database of the payments.
    """

    def __init__(
        self,
        antom: Extension,
        *,
        may_see: MaySee | None = None,
        may_act: MayAct | None = None,
        actor: Actor | None = None,
        denied: Denied | None = None,
        action_model: type[ActionMixin] | None = None,
    ) -> None:
        if may_act is not None and actor is None:
            raise ConfigError(
                "may_act= needs actor=, a function that returns the name of the"
                " visitor: each action is recorded with it."
            )
        self.Action: type[Any] = take_or_make(
            antom._db, "action", ActionMixin, action_model
        )
        """The class of ``antom_action``: what people did on the page."""
        if self.Action.__table__.metadata is not antom.Payment.__table__.metadata:
            raise ConfigError(
                f"The table {self.Action.__table__.fullname} is in another metadata"
                " than the payments, and is written with them: pass action_model=, a"
                " class on their base and with their bind key."
            )
        self._hooks = antom._hooks
        self._access = Access(may_see, may_act, actor)
        self._denied = denied

    def add_to(
        self,
        admin: Any,
        *,
        name: str = "Payments",
        category: str | None = None,
        endpoint: str = "antom_admin",
        url: str = "antom",
    ) -> None:
        """Add the page to the host's Flask-Admin.

        :param admin: the ``flask_admin.Admin``.
        :param name: the text in its menu.
        :param category: the menu's category, if any.
        :param endpoint: the name of the page's blueprint.
        :param url: the page's address below that of Flask-Admin, or a path of its own
            that begins with a slash.
        """
        admin.add_view(
            SupportView(
                self._hooks,
                self._access,
                self._denied,
                self.Action,
                name=name,
                category=category,
                endpoint=endpoint,
                url=url,
            )
        )
