"""Visitors: each has a random id in the signed session cookie."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from flask import session

from .database import db
from .models import Purchase


def identify_visitor() -> str:
    """Return the visitor's id; a new visitor gets one."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(16)
        session.permanent = True
    visitor: str = session["visitor"]
    return visitor


def find_purchase(reference: str) -> Purchase | None:
    """Return the visitor's own order; ``None`` for the order of another visitor."""
    return db.session.scalar(
        sa.select(Purchase).where(
            Purchase.reference == reference,
            Purchase.visitor == session.get("visitor", ""),
        )
    )


def list_purchases() -> Sequence[Purchase]:
    """Return the visitor's orders, newest first."""
    return db.session.scalars(
        sa.select(Purchase)
        .where(Purchase.visitor == session.get("visitor", ""))
        .order_by(Purchase.id.desc())
    ).all()
