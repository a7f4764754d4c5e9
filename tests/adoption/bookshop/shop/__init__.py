"""A bookshop with accounts, orders and bank transfers."""

from flask import Flask, request
from flask_babel import Babel, get_locale
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from . import admin, views
from .models import User, db

CSP = {
    "default-src": "'self'",
    "img-src": ["'self'", "data:"],
    "object-src": "'none'",
    "form-action": "'self'",
}

babel = Babel()
csrf = CSRFProtect()
login = LoginManager()
migrate = Migrate()
talisman = Talisman()

login.login_view = "shop.sign_in"


@login.user_loader
def load_user(user_id):
    return db.session.get(User, int(user_id))


def choose_locale():
    return request.accept_languages.best_match(["en", "de"])


def create_app(config=None):
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(
        SQLALCHEMY_DATABASE_URI="sqlite:///shop.sqlite3",
        BABEL_DEFAULT_TIMEZONE="Europe/Berlin",
        FORCE_HTTPS=True,
    )
    app.config.from_pyfile("config.py", silent=True)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    db.init_app(app)
    migrate.init_app(app, db, render_as_batch=True)
    csrf.init_app(app)
    login.init_app(app)
    babel.init_app(app, locale_selector=choose_locale)
    talisman.init_app(
        app,
        force_https=app.config["FORCE_HTTPS"],
        session_cookie_secure=app.config["FORCE_HTTPS"],
        content_security_policy=CSP,
        content_security_policy_nonce_in=["script-src", "style-src"],
    )
    app.jinja_env.globals["get_locale"] = get_locale
    app.register_blueprint(views.shop)
    app.register_blueprint(admin.admin)
    return app
