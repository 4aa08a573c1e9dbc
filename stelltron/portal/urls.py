"""The member portal's addresses."""

from django.urls import path

from .views import acts, contracts, dashboard, devices, figures, marketplace, notices, price, sign_in, statement, wallet

app_name = "portal"
urlpatterns = [
    path("", dashboard.page, name="dashboard"),
    path("dashboard/<slug:part>", dashboard.part, name="dashboard-part"),
    path("dashboard/slots.json", dashboard.slots, name="dashboard-slots"),
    path("sign-in", sign_in.page, name="sign-in"),
    path("sign-out", sign_in.leave, name="sign-out"),
    path("auth", sign_in.stellar_auth, name="stellar-auth"),
    path("marketplace", marketplace.page, name="marketplace"),
    path("marketplace/part/<slug:part>", marketplace.part, name="marketplace-part"),
    path("marketplace/orders", marketplace.place_order, name="place-order"),
    path("marketplace/orders/<uuid:order_id>/cancel", marketplace.cancel_order, name="cancel-order"),
    path("marketplace/mandate", marketplace.give_mandate, name="give-mandate"),
    path("marketplace/mandate/<uuid:mandate_id>/end", marketplace.end_mandate, name="end-mandate"),
    path("contracts", contracts.page, name="contracts"),
    path("contracts/offer", contracts.offer, name="offer-contract"),
    path("contracts/<uuid:contract_id>/accept", contracts.accept, name="accept-contract"),
    path("contracts/<uuid:contract_id>/end", contracts.end, name="end-contract"),
    path("messages", notices.page, name="notices"),
    path("messages/badge", notices.badge, name="notices-badge"),
    path("messages/choice", notices.choose, name="choose-notices"),
    path("figures", figures.page, name="figures"),
    path("figures/days.json", figures.days, name="figures-days"),
    path("figures/investment", figures.set_investment, name="set-investment"),
    path("price", price.page, name="price"),
    path("price/history.json", price.history, name="price-history"),
    path("statement", statement.page, name="statement"),
    path("statement.csv", statement.download, name="statement-csv"),
    path("statement/<int:line_id>", statement.line, name="statement-line"),
    path("devices", devices.page, name="devices"),
    path("wallet", wallet.page, name="wallet"),
    path("wallet/acts/<slug:name>", acts.act, name="wallet-act"),
]
