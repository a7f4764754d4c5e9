"""The types of the host's classes and functions, which the extension keeps."""

from __future__ import annotations

from typing_extensions import TypeVar

from .hooks import (
    EventDispatcher,
    MethodsHook,
    OrderLoader,
    SessionHook,
    ViewReturn,
    VisitorHook,
)
from .store.models import EventMixin, NotificationMixin, PaymentMixin, RefundMixin

#: The host's classes, or the mixins where it gives none.
PaymentT = TypeVar("PaymentT", bound=PaymentMixin, default=PaymentMixin, covariant=True)
RefundT = TypeVar("RefundT", bound=RefundMixin, default=RefundMixin, covariant=True)
NotificationT = TypeVar(
    "NotificationT", bound=NotificationMixin, default=NotificationMixin, covariant=True
)
EventT = TypeVar("EventT", bound=EventMixin, default=EventMixin, covariant=True)

#: The host's functions keep their own types when they are decorated.
LoaderT = TypeVar("LoaderT", bound=OrderLoader)
VisitorHookT = TypeVar("VisitorHookT", bound=VisitorHook)
SessionHookT = TypeVar("SessionHookT", bound=SessionHook)
MethodsHookT = TypeVar("MethodsHookT", bound=MethodsHook)
DispatcherT = TypeVar("DispatcherT", bound=EventDispatcher)
ViewReturnT = TypeVar("ViewReturnT", bound=ViewReturn)
