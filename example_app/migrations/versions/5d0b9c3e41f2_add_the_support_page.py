"""Add the support page

Revision ID: 5d0b9c3e41f2
Revises: 70c37596a03d
Create Date: 2026-11-28 07:36:29.092453
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "5d0b9c3e41f2"
down_revision = "70c37596a03d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "antom_action",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.String(length=32), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("order_reference", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_value", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_antom_action")),
        sa.UniqueConstraint("key", name=op.f("uq_antom_action_key")),
        mariadb_collate="utf8mb4_bin",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("antom_action", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_antom_action_event_id"), ["event_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_antom_action_request_id"), ["request_id"], unique=False
        )

    with op.batch_alter_table("antom_payment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_antom_payment_buyer_reference"),
            ["buyer_reference"],
            unique=False,
            postgresql_where=sa.text("buyer_reference IS NOT NULL"),
            sqlite_where=sa.text("buyer_reference IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("antom_payment", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_antom_payment_buyer_reference"),
            postgresql_where=sa.text("buyer_reference IS NOT NULL"),
            sqlite_where=sa.text("buyer_reference IS NOT NULL"),
        )

    with op.batch_alter_table("antom_action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_antom_action_request_id"))
        batch_op.drop_index(batch_op.f("ix_antom_action_event_id"))

    op.drop_table("antom_action")
