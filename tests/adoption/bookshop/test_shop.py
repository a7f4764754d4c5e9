"""The shop by itself: orders, their owners, bank transfers."""

from decimal import Decimal


def test_an_order_is_placed(sign_in):
    client = sign_in("ben")
    answer = client.post("/books/1/buy", data={"quantity": 3})
    page = client.get(answer.location).text
    assert "3 x Rivers" in page
    assert "63.00" in page
    assert answer.location.rsplit("/")[-1] in client.get("/orders").text


def test_strangers_do_not_see_an_order(app, sign_in):
    assert sign_in("ann").get("/orders/B-1").status_code == 200
    assert sign_in("ben").get("/orders/B-1").status_code == 404
    assert app.test_client().get("/orders/B-1").location.startswith("/sign-in")


def test_a_wrong_password_is_refused(app):
    form = {"email": "ann@example.com", "password": "guess"}
    assert app.test_client().post("/sign-in", data=form).status_code == 200


def test_nobody_is_led_to_another_site(app):
    form = {"email": "ann@example.com", "password": "paper and boats"}
    client = app.test_client()
    assert client.post("/sign-in?next=//evil.example", data=form).location == "/"


def test_prices_are_in_the_language_of_the_visitor(sign_in):
    page = sign_in("ann").get("/orders/B-1", headers={"Accept-Language": "de"}).text
    assert "42,00" in page


def test_a_transfer_is_booked_and_the_order_shipped(sign_in, paid):
    clerk = sign_in("cleo")
    assert clerk.post("/admin/orders/B-1/ship").status_code == 409
    clerk.post("/admin/orders/B-1/transfer", data={"amount": "42.00"})
    assert paid() == Decimal("42.00")
    clerk.post("/admin/orders/B-1/ship")
    page = sign_in("ann").get("/orders/B-1").text
    assert "Paid. Thank you." in page
    assert "Sent on" in page


def test_customers_are_no_clerks(sign_in):
    assert sign_in("ann").get("/admin/").status_code == 403
    assert sign_in("cleo").get("/admin/").status_code == 200


def test_forms_are_protected(app):
    app.config["WTF_CSRF_ENABLED"] = True
    form = {"email": "ann@example.com", "password": "paper and boats"}
    assert app.test_client().post("/sign-in", data=form).status_code == 400


def test_pages_have_a_policy(app):
    policy = app.test_client().get("/").headers["Content-Security-Policy"]
    assert "default-src 'self';" in policy
    assert "object-src 'none';" in policy
