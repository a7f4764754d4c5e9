"""The base of all pages for the support team: who may see them, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, abort, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose  # type: ignore[import-untyped]

from ...app_state import AppState, current_state
from ...flows.dossiers import attempts_of
from ...hooks import Hooks
from ...web.csrf import csrf_field
from . import texts
from .access import Access, Denied
from .audit_log import AuditLog

if TYPE_CHECKING:

    class BaseView:
        """The part of Flask-Admin's class that is used; that one has no types."""

        admin: Any
        endpoint: str

        def __init__(self, **options: Any) -> None: ...

        def create_blueprint(self, admin: Any) -> Any: ...

        def render(self, template: str, **values: Any) -> str: ...
else:
    from flask_admin import BaseView

T = TypeVar("T", bound=str)
ViewT = TypeVar("ViewT", bound=Callable[..., ResponseReturnValue])

HERE = Path(__file__).parent

#: Rows on a page of a list.
PAGE = 50

#: The id of an event in an address. No database has a larger one.
EVENT_ID = f"<int(max={2**63 - 1}):event_id>"

#: The longest text that is looked for: no id and no reference is longer.
_LONGEST = 64

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


class Page(BaseView):
    """Base class of the parts of the support page."""

    def __init__(
        self,
        hooks: Hooks,
        access: Access,
        denied: Denied | None,
        action_model: Any,
        **options: Any,
    ) -> None:
        super().__init__(
            static_folder=str(HERE / "static"), static_url_path="/static", **options
        )
        self._hooks = hooks
        self.access = access
        self._denied = denied
        self._action_model = action_model

    def create_blueprint(self, admin: Any) -> Any:
        """Make the blueprint, with templates and files of our own."""
        blueprint = super().create_blueprint(admin)
        blueprint.template_folder = str(HERE / "templates")
        return blueprint

    def is_accessible(self) -> bool:
        """Whether this visitor may see the page, and its entry in the menu."""
        return self.access.may_see()

    def inaccessible_callback(self, name: str, **values: Any) -> ResponseReturnValue:
        """Return what a visitor gets who may not see the page."""
        if self._denied is None:
            abort(404)
        return self._denied()

    def _run_view(self, view: Any, *args: Any, **values: Any) -> Any:
        """Call a view once. Flask-Admin's own method calls it again on a TypeError."""
        return view(self, *args, **values)

    @property
    def state(self) -> AppState:
        """The state of the current app."""
        return current_state(self._hooks)

    @property
    def log(self) -> AuditLog:
        """The rows of what people did."""
        return AuditLog(self.state.dossiers.transactions, self._action_model)

    def find_attempt(self, request_id: str) -> dict[str, Any] | None:
        """Return a payment with all that belongs to it."""
        if not request_id.isprintable():
            return None  # some databases refuse such a text
        dossier = self.state.dossiers.find(request_id)
        for attempt in attempts_of(self.state, dossier):
            if attempt["request_id"] == request_id:
                return attempt
        return None

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page, which no browser keeps and no site frames."""
        page = self.render(
            f"antom_admin/{template}",
            here=self.endpoint,
            may_act=self.access.may_act,
            environment=self.state.config.environment,
            csrf=csrf_field(),
            menu=menu_of([*self.admin.menu(), *self.admin.menu_links()]),
            text=texts,
            **values,
        )
        response = make_response(page, status)
        response.headers.update(_HEADERS)
        return response

    def refuse(
        self, status: int, title: str, told: str, back: str | None = None
    ) -> Response:
        """Return a page that says why there is nothing.

        :param back: the address of the page about what it is about.
        """
        return self.show("refused.html", status, title=title, told=told, back=back)

    def no_payment(self, request_id: str) -> Response:
        """Return the page for a payment that is not there."""
        return self.refuse(
            404,
            "There is no such payment",
            f"Nothing is stored with the paymentRequestId {request_id}.",
        )

    def no_event(self, event_id: int) -> Response:
        """Return the page for an event that is not there."""
        return self.refuse(
            404, "There is no such event", f"There is no event {event_id}."
        )

    def url_of(self, view: str, **values: Any) -> str:
        """Return the address of a page of ours."""
        return url_for(f"{self.endpoint}.{view}", **values)


def menu_of(items: Iterable[Any]) -> list[Any]:
    """Return the entries of Flask-Admin's menu that this visitor sees."""
    found: list[Any] = []
    for item in items:
        if item.is_category():
            found += menu_of(item.get_children())
        elif item.is_accessible() and item.is_visible():
            found.append(item)
    return found


def before() -> int | None:
    """Return the id of the last row that was seen, as the address says it."""
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def text_of(name: str) -> str:
    """Return a text of the address; empty if no row has such a text."""
    text = request.args.get(name, "").strip()
    return text if len(text) <= _LONGEST and text.isprintable() else ""


def choice(name: str, among: Sequence[T]) -> T | None:
    """Return a filter of the address; ``None`` if it is not one of these."""
    text = request.args.get(name, "")
    return next((one for one in among if one == text), None)


def at(path: str, *methods: str) -> Callable[[ViewT], ViewT]:
    """Decorate a view: it answers at this path, below that of the page."""
    decorate: Callable[[ViewT], ViewT] = expose(path, methods=methods or ("GET",))
    return decorate
