"""The products of a new shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from .database import db
from .models import Product

PRODUCTS: Sequence[Mapping[str, Any]] = (
    {
        "slug": "kopi-cup",
        "name": "Kopi cup and saucer",
        "material": "Stoneware",
        "description": "A thick-walled cup that keeps a kopi hot to the last sip, on a"
        " saucer deep enough for what spills. Thrown by hand, glazed in sea green.",
        "details": "180 ml. Dishwasher safe.",
        "price_value": 4200,
        "stock": 24,
    },
    {
        "slug": "teapot",
        "name": "Round teapot",
        "material": "Unglazed clay",
        "description": "Holds four small cups and pours without a drip. The bare clay"
        " takes up a little of every tea: keep one pot for one kind.",
        "details": "600 ml. Rinse with hot water only.",
        "price_value": 12900,
        "stock": 9,
    },
    {
        "slug": "rice-bowls",
        "name": "Two rice bowls",
        "material": "Porcelain",
        "description": "A pair for every day, light in the hand, with a blue rim."
        " They nest, and the next pair will match.",
        "details": "12 cm across. Safe in microwave and dishwasher.",
        "price_value": 6800,
        "stock": 18,
    },
    {
        "slug": "rattan-basket",
        "name": "Market basket",
        "material": "Rattan",
        "description": "Woven from split rattan around a bent handle. It carries a"
        " week's greens and stands by itself while you look for your keys.",
        "details": "38 x 26 cm.",
        "price_value": 8900,
        "stock": 11,
    },
    {
        "slug": "tea-towels",
        "name": "Three tea towels",
        "material": "Washed linen",
        "description": "Linen dries glasses without a trace and gets softer with each"
        " wash. One plain, one striped, one checked.",
        "details": "50 x 70 cm each. Wash at 60 °C.",
        "price_value": 5900,
        "stock": 30,
    },
    {
        "slug": "chopping-board",
        "name": "Chopping board",
        "material": "Rubberwood",
        "description": "Cut from trees that no longer give latex. End grain, oiled,"
        " with a groove for the juice of a mango.",
        "details": "40 x 25 x 3 cm. Wash by hand.",
        "price_value": 9500,
        "stock": 7,
    },
    {
        "slug": "candle",
        "name": "Pandan candle",
        "material": "Beeswax",
        "description": "Smells of pandan when it burns and of honey when it does not."
        " In a clay beaker that is a good toothbrush mug afterwards.",
        "details": "Burns for about 40 hours.",
        "price_value": 3500,
        "stock": 16,
    },
    {
        "slug": "vase",
        "name": "Tall vase",
        "material": "Stoneware",
        "description": "For a single heliconia or a whole branch. Its foot is heavy"
        " enough for both.",
        "details": "32 cm tall.",
        "price_value": 14500,
        "stock": 0,
    },
)


def fill_shelves() -> None:
    """Add the products to an empty shop."""
    if db.session.scalar(sa.select(sa.func.count(Product.id))):
        return
    db.session.add_all(Product(**article) for article in PRODUCTS)
    db.session.commit()
