"""Make all tables

Revision ID: 70c37596a03d
Revises:
Create Date: 2026-11-23 11:37:04.459507
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "70c37596a03d"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "antom_notification",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("notify_type", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("payment_id", sa.String(length=64), nullable=True),
        sa.Column(
            "body",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_antom_notification")),
        sa.UniqueConstraint("key", name=op.f("uq_antom_notification_key")),
        mariadb_collate="utf8mb4_bin",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("antom_notification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_antom_notification_outcome"), ["outcome"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_antom_notification_payment_id"), ["payment_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_antom_notification_request_id"), ["request_id"], unique=False
        )

    op.create_table(
        "antom_payment",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("order_reference", sa.String(length=64), nullable=False),
        sa.Column("buyer_reference", sa.String(length=64), nullable=True),
        sa.Column("amount_value", sa.BigInteger(), nullable=False),
        sa.Column("captured_value", sa.BigInteger(), nullable=False),
        sa.Column("refunded_value", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("captures", sa.JSON(), nullable=False),
        sa.Column("capture_request_id", sa.String(length=64), nullable=True),
        sa.Column("capture_requests", sa.JSON(), nullable=False),
        sa.Column("capture_value", sa.BigInteger(), nullable=True),
        sa.Column("capture_final", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("chooses_method", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("authorizes", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("result_code", sa.String(length=64), nullable=True),
        sa.Column("session_data", sa.Text(), nullable=True),
        sa.Column("normal_url", sa.Text(), nullable=True),
        sa.Column("open_key", sa.String(length=64), nullable=True),
        sa.Column("outdated", sa.Boolean(), nullable=False),
        sa.Column("cancel_undoes", sa.Boolean(), nullable=False),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.Column("inquiries", sa.Integer(), nullable=False),
        sa.Column(
            "session_expires_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "cancel_asked_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "order_closed_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "inquire_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "paid_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "authorized_until",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_antom_payment")),
        sa.UniqueConstraint("open_key", name=op.f("uq_antom_payment_open_key")),
        sa.UniqueConstraint("request_id", name=op.f("uq_antom_payment_request_id")),
        mariadb_collate="utf8mb4_bin",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("antom_payment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_antom_payment_inquire_at"), ["inquire_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_antom_payment_order_reference"),
            ["order_reference"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_antom_payment_payment_id"), ["payment_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_antom_payment_status"),
            ["status"],
            unique=False,
            postgresql_where=sa.text("status = 'review'"),
            sqlite_where=sa.text("status = 'review'"),
        )

    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("material", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("details", sa.String(length=200), nullable=False),
        sa.Column("price_value", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("slug", name=op.f("uq_product_slug")),
    )
    op.create_table(
        "antom_refund",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("refund_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column(
            "payment_ref",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("payment_id", sa.String(length=64), nullable=True),
        sa.Column("amount_value", sa.BigInteger(), nullable=False),
        sa.Column("reported_value", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("result_code", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=256), nullable=True),
        sa.Column("capture_id", sa.String(length=64), nullable=True),
        sa.Column("inquiries", sa.Integer(), nullable=False),
        sa.Column(
            "inquire_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["payment_ref"],
            ["antom_payment.id"],
            name=op.f("fk_antom_refund_payment_ref_antom_payment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_antom_refund")),
        sa.UniqueConstraint("key", name=op.f("uq_antom_refund_key")),
        sa.UniqueConstraint(
            "payment_ref", "key", name=op.f("uq_antom_refund_payment_ref")
        ),
        sa.UniqueConstraint("request_id", name=op.f("uq_antom_refund_request_id")),
        mariadb_collate="utf8mb4_bin",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("antom_refund", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_antom_refund_inquire_at"), ["inquire_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_antom_refund_refund_id"), ["refund_id"], unique=False
        )

    op.create_table(
        "purchase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("visitor", sa.String(length=32), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_value", sa.BigInteger(), nullable=False),
        sa.Column("buyer_name", sa.String(length=128), nullable=False),
        sa.Column("buyer_email", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fulfilled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_purchase_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint("reference", name=op.f("uq_purchase_reference")),
    )
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_purchase_visitor"), ["visitor"], unique=False
        )

    op.create_table(
        "antom_event",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "payment_ref",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "refund_ref",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "delivered_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "first_failure_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "redelivered_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True)
            .with_variant(mysql.DATETIME(fsp=6), "mariadb")
            .with_variant(mysql.DATETIME(fsp=6), "mysql"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["payment_ref"],
            ["antom_payment.id"],
            name=op.f("fk_antom_event_payment_ref_antom_payment"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_ref"],
            ["antom_refund.id"],
            name=op.f("fk_antom_event_refund_ref_antom_refund"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_antom_event")),
        sa.UniqueConstraint(
            "payment_ref", "name", "about", name=op.f("uq_antom_event_payment_ref")
        ),
        sa.UniqueConstraint(
            "refund_ref", "name", name=op.f("uq_antom_event_refund_ref")
        ),
        mariadb_collate="utf8mb4_bin",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("antom_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_antom_event_next_attempt_at"),
            ["next_attempt_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("antom_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_antom_event_next_attempt_at"))

    op.drop_table("antom_event")
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_purchase_visitor"))

    op.drop_table("purchase")
    with op.batch_alter_table("antom_refund", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_antom_refund_refund_id"))
        batch_op.drop_index(batch_op.f("ix_antom_refund_inquire_at"))

    op.drop_table("antom_refund")
    op.drop_table("product")
    with op.batch_alter_table("antom_payment", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_antom_payment_status"),
            postgresql_where=sa.text("status = 'review'"),
            sqlite_where=sa.text("status = 'review'"),
        )
        batch_op.drop_index(batch_op.f("ix_antom_payment_payment_id"))
        batch_op.drop_index(batch_op.f("ix_antom_payment_order_reference"))
        batch_op.drop_index(batch_op.f("ix_antom_payment_inquire_at"))

    op.drop_table("antom_payment")
    with op.batch_alter_table("antom_notification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_antom_notification_request_id"))
        batch_op.drop_index(batch_op.f("ix_antom_notification_payment_id"))
        batch_op.drop_index(batch_op.f("ix_antom_notification_outcome"))

    op.drop_table("antom_notification")
