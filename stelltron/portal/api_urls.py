"""The public API, first form."""

from django.urls import path

from devices.api import ClaimView, DevicesView, ReadingsView
from financing.api import MeterReportView
from governance.api import ProposalsView, ProposalView, SubmitProposalView, SupportProposalView, VoteView
from market.api import BookView, MandatesView, OrdersView, OrderView, StatementView, TradesView
from market.billing.bill_api import BillFileView, BillsView
from market.billing.dispute_api import DisputesView
from market.figures.analytics_api import FiguresView
from market.friends.friends_api import AcceptContractView, ContractsView, ContractView
from market.price.price_api import PriceQuotesView
from market.stored.stored_api import BuyStoredView, LockedTradesView, StoredOffersView, StoredOfferView
from stelltron.ledger.api import MeView

urlpatterns = [
    path("v1/me", MeView.as_view(), name="api-me"),
    path("v1/orders", OrdersView.as_view(), name="api-orders"),
    path("v1/orders/<uuid:pk>", OrderView.as_view(), name="api-order"),
    path("v1/book", BookView.as_view(), name="api-book"),
    path("v1/contracts", ContractsView.as_view(), name="api-contracts"),
    path("v1/contracts/<uuid:pk>", ContractView.as_view(), name="api-contract"),
    path("v1/contracts/<uuid:pk>/accept", AcceptContractView.as_view(), name="api-accept-contract"),
    path("v1/figures", FiguresView.as_view(), name="api-figures"),
    path("v1/prices", PriceQuotesView.as_view(), name="api-prices"),
    path("v1/stored", StoredOffersView.as_view(), name="api-stored"),
    path("v1/stored/trades", LockedTradesView.as_view(), name="api-stored-trades"),
    path("v1/stored/<uuid:pk>", StoredOfferView.as_view(), name="api-stored-offer"),
    path("v1/stored/<uuid:pk>/buy", BuyStoredView.as_view(), name="api-buy-stored"),
    path("v1/trades", TradesView.as_view(), name="api-trades"),
    path("v1/statement", StatementView.as_view(), name="api-statement"),
    path("v1/bills", BillsView.as_view(), name="api-bills"),
    path("v1/bills/<int:pk>.<slug:form>", BillFileView.as_view(), name="api-bill-file"),
    path("v1/disputes", DisputesView.as_view(), name="api-disputes"),
    path("v1/readings", ReadingsView.as_view(), name="api-readings"),
    path("v1/devices", DevicesView.as_view(), name="api-devices"),
    path("v1/devices/claim", ClaimView.as_view(), name="api-claim"),
    path("v1/meters/<str:serial>/report", MeterReportView.as_view(), name="api-meter-report"),
    path("v1/proposals", ProposalsView.as_view(), name="api-proposals"),
    path("v1/proposals/<uuid:pk>", ProposalView.as_view(), name="api-proposal"),
    path("v1/proposals/<uuid:pk>/support", SupportProposalView.as_view(), name="api-support-proposal"),
    path("v1/proposals/<uuid:pk>/submit", SubmitProposalView.as_view(), name="api-submit-proposal"),
    path("v1/proposals/<uuid:pk>/vote", VoteView.as_view(), name="api-vote"),
    path("v1/mandates", MandatesView.as_view(), name="api-mandates"),
]
