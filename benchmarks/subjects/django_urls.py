"""The routes of the Django site, which Django imports once it is set up."""

from __future__ import annotations

from django.urls import include, path  # type: ignore[import-not-found]

urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe"))]
