"""Whose order is it? A visitor is known by a random id in the signed session cookie."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from flask import session

from .database import db
from .models import Purchase


def identify_visitor() -> str:
    """Give the visitor's id, and one to a new visitor."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(16)
        session.permanent = True
    visitor: str = session["visitor"]
    return visitor


def find_purchase(reference: str) -> Purchase | None:
    """Give the visitor's own order; nobody sees the order of somebody else."""
    return db.session.scalar(
        sa.select(Purchase).where(
            Purchase.reference == reference,
            Purchase.visitor == session.get("visitor", ""),
        )
    )


def list_purchases() -> Sequence[Purchase]:
    """List the visitor's orders, newest first."""
    return db.session.scalars(
        sa.select(Purchase)
        .where(Purchase.visitor == session.get("visitor", ""))
        .order_by(Purchase.id.desc())
    ).all()
