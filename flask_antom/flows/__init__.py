"""The flows: a checkout, a notification, an action of the shop, a sweep."""
