"""The shop with a customer, another one and an admin, and one order."""

from decimal import Decimal

import pytest
from shop import create_app
from shop.models import Book, Line, Order, User, db

PASSWORD = "paper and boats"


@pytest.fixture
def app():
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "for tests only",
            "SQLALCHEMY_DATABASE_URI": "sqlite://",
            "FORCE_HTTPS": False,
            "WTF_CSRF_ENABLED": False,
        }
    )
    with app.app_context():
        db.create_all()
        book = Book(title="Rivers", price=Decimal("21.00"))
        ann, ben, cleo = (
            User.register(f"{name}@example.com", PASSWORD, is_admin=name == "cleo")
            for name in ("ann", "ben", "cleo")
        )
        line = Line(book=book, quantity=2, price=book.price)
        db.session.add_all(
            [ann, ben, cleo, Order(number="B-1", user=ann, lines=[line])]
        )
        db.session.commit()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def sign_in(app):
    """Return a function that signs somebody in and returns their client."""

    def sign_in(name):
        client = app.test_client()
        form = {"email": f"{name}@example.com", "password": PASSWORD}
        assert client.post("/sign-in", data=form).location == "/"
        return client

    return sign_in


@pytest.fixture
def paid(app):
    """Return a function that says what has come for the order."""

    def paid():
        with app.app_context():
            return Order.find("B-1").paid

    return paid
