"""Antom (Alipay global) payments for Flask."""

from .domain.money import Money
from .domain.order_parts import Address, Buyer, Goods, Shipping
from .domain.orders import Order
from .extension import FlaskAntom
from .flows.order_status import OrderStatus
from .flows.sweep import SweepSummary
from .store.purge import Purged
from .web.csp import merge as merge_csp

__all__ = [
    "Address",
    "Buyer",
    "FlaskAntom",
    "Goods",
    "Money",
    "Order",
    "OrderStatus",
    "Purged",
    "Shipping",
    "SweepSummary",
    "merge_csp",
]
