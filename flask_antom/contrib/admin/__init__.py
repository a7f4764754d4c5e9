"""A page for the support team on Flask-Admin. Needs ``flask-antom[admin]``.

::

    support = AntomAdmin(antom, may_see=is_staff, may_act=may_act, actor=staff_name)
    support.add_to(Admin(app))

It shows payments, refunds, events and notifications, and people act there: each action
has a confirmation, a reason and a row in a table of its own.
"""

from .audit import ActionMixin
from .support import AntomAdmin

__all__ = ["ActionMixin", "AntomAdmin"]
