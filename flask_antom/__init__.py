"""Antom (Alipay global) payments for Flask."""

from .extension import FlaskAntom
from .money import Money
from .orders import Address, Buyer, Goods, Order, Shipping

__all__ = ["Address", "Buyer", "FlaskAntom", "Goods", "Money", "Order", "Shipping"]
