"""What people type about generators: requests, bids, stakes, prices, energy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from financing.models import ExitOrder
from financing.models.cover import CoverOffer
from stelltron.core.units import STROOPS, WH_PER_KWH

from .forms import ScaledField

TEXT = {"autocomplete": "off"}


class AutoPayoutForm(forms.Form):
    least = ScaledField(STROOPS, required=False, label="From each generator, once it has earned")


class PledgeForm(forms.Form):
    pledge = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    code = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)


class UnitsField(forms.IntegerField):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(
            min_value=1, max_value=10_000, widget=forms.TextInput(attrs={"inputmode": "numeric", **TEXT}), **kwargs
        )


class PicturesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """No file, one, or many; what they are is decoded by ``financing.photographs``."""

    def __init__(self) -> None:
        widget = PicturesInput(attrs={"accept": "image/jpeg,image/png,image/webp"})
        super().__init__(
            required=False, label="Photographs", help_text="JPEG, PNG or WebP, up to 10 MB each", widget=widget
        )

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(PicturesField, self).clean(file, initial) for file in files if file]


class PicturesForm(forms.Form):
    pictures = PicturesField()


class RequestForm(forms.Form):
    title = forms.CharField(max_length=80, label="What is it for", widget=forms.TextInput(attrs=TEXT))
    place = forms.CharField(max_length=120, label="Where", help_text="village, district, country")
    latitude = forms.DecimalField(
        required=False,
        min_value=-90,
        max_value=90,
        max_digits=8,
        decimal_places=5,
        label="Latitude",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    longitude = forms.DecimalField(
        required=False,
        min_value=-180,
        max_value=180,
        max_digits=8,
        decimal_places=5,
        label="Longitude",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    power_w = ScaledField(1000, label="Power", help_text="kW")
    people = forms.IntegerField(min_value=1, max_value=10_000_000, label="People who will use it")
    reason = forms.CharField(max_length=1000, label="Why", help_text="financiers decide by this")
    measure = forms.CharField(
        max_length=32, initial="kWh", label="Sold by the", help_text="kWh; for other machines litre, hour and so on"
    )


class BidForm(forms.Form):
    unit_type = forms.CharField(max_length=120, label="What you would build")
    power_w = ScaledField(1000, label="Power", help_text="kW")
    cost = ScaledField(STROOPS, label="Cost", help_text="everything, installed")
    year_quantity = ScaledField(WH_PER_KWH, label="Yield of a year", help_text="in the request's unit of measure")
    installation_days = forms.IntegerField(min_value=1, max_value=1000, label="Days until it runs")
    warranty_months = forms.IntegerField(min_value=0, max_value=600, label="Warranty, months")
    cover = forms.CharField(max_length=300, required=False, label="Insurance")


class AcceptForm(forms.Form):
    min_price = ScaledField(STROOPS, label="Lowest price", help_text="that owners may ever charge for a measure")
    max_price = ScaledField(STROOPS, label="Highest price")


class ProviderForm(forms.Form):
    about = forms.CharField(max_length=500, label="What you have built", help_text="licences, references, links")


class FundForm(forms.Form):
    units = UnitsField(label="Units")


class ConfirmForm(FundForm):
    risks_read = forms.BooleanField(label="I have read the risks, and can afford to lose this money")


class PriceForm(forms.Form):
    price = ScaledField(STROOPS, required=False, label="Your price", help_text="a measure; empty takes it back")


class EnergyForm(forms.Form):
    quantity = ScaledField(WH_PER_KWH, label="Quantity", help_text="in steps of 0.1, up to 99.5")
    phone = forms.CharField(
        max_length=20, required=False, label="Code by SMS to", widget=forms.TextInput(attrs={"inputmode": "tel"})
    )


class BuyEnergyForm(EnergyForm):
    max_price = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class ListForm(forms.Form):
    units = UnitsField(label="Units")
    price = ScaledField(STROOPS, label="Price of a unit")


class BuyForm(forms.Form):
    seller = forms.CharField(max_length=56, widget=forms.HiddenInput)
    units = UnitsField(label="Units")
    max_price = ScaledField(STROOPS, label="At most, a unit")


class GiveForm(forms.Form):
    other = forms.CharField(max_length=40, label="To the member", help_text="their member code")
    units = UnitsField(label="Units")


class ExitForm(forms.Form):
    side = forms.ChoiceField(choices=ExitOrder.Side.choices, label="I would")
    units = UnitsField(label="Units")
    limit = ScaledField(STROOPS, label="Limit, a unit")


class EvidenceForm(forms.Form):
    milestone = forms.IntegerField(widget=forms.HiddenInput)
    evidence = forms.CharField(max_length=1000, label="Evidence", help_text="serial numbers, delivery note")
    pictures = PicturesField()


class AnswerForm(forms.Form):
    milestone = forms.IntegerField(widget=forms.HiddenInput)
    accepted = forms.ChoiceField(choices=(("yes", "It is done"), ("no", "It is not done")), label="Your answer")
    reason = forms.CharField(max_length=300, required=False, label="Why")


class DelayForm(forms.Form):
    milestone = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(max_length=300, label="Why, and until when")


class InstallForm(forms.Form):
    device_key = forms.RegexField(
        r"^[0-9a-fA-F]{64}$",
        label="The meter's key",
        help_text="64 letters and digits, on its display",
        widget=forms.TextInput(attrs={"spellcheck": "false", **TEXT}),
    )


class FirstTokenForm(forms.Form):
    amount = ScaledField(STROOPS, label="First token", help_text="your word that it runs; it is income of the owners")


class OfferFutureForm(forms.Form):
    units = UnitsField(label="Units", help_text="whose income you sell ahead")
    begins = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    days = forms.IntegerField(min_value=1, max_value=366, label="Days")
    price = ScaledField(STROOPS, label="Price of the whole")


class FutureForm(forms.Form):
    future = forms.UUIDField(widget=forms.HiddenInput)


class BuyFutureForm(FutureForm):
    max_price = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class TicketForm(forms.Form):
    fault = forms.ChoiceField(choices=(("yes", "Something does not work"), ("no", "A question")), label="It is")
    text = forms.CharField(max_length=1000, label="What", help_text="and since when")


class AgreeForm(forms.Form):
    upkeep = forms.UUIDField(widget=forms.HiddenInput)
    agreed = forms.ChoiceField(choices=(("yes", "I agree"), ("no", "I do not agree")), label="Your answer")
    why = forms.CharField(max_length=300, required=False, label="Why")


class InsurerForm(forms.Form):
    about = forms.CharField(max_length=500, label="About you", help_text="licence, supervision, reinsurance")


class OfferCoverForm(forms.Form):
    kind = forms.ChoiceField(choices=CoverOffer.Kind.choices, label="Against")
    premium_bps = ScaledField(100, label="Premium", help_text="% of the sum, for the whole time")
    largest_sum = ScaledField(STROOPS, label="Largest sum", help_text="for one holder")
    days = forms.IntegerField(min_value=1, max_value=3660, label="Days it holds")
    counts = forms.CharField(max_length=1000, label="What counts", help_text="and what evidence a claim needs")


class BuyCoverForm(forms.Form):
    offer = forms.UUIDField(widget=forms.HiddenInput)
    amount = ScaledField(STROOPS, label="Sum")


class ClaimCoverForm(forms.Form):
    amount = ScaledField(STROOPS, label="You claim")
    evidence = forms.CharField(
        max_length=1000, label="What happened", help_text="with the evidence that the cover asks for"
    )


class BuyOutForm(forms.Form):
    price = ScaledField(STROOPS, label="Price of a unit", help_text="the same for every owner")


class AcceptBuyOutForm(forms.Form):
    buyout = forms.UUIDField(widget=forms.HiddenInput)
    units = UnitsField(label="Units")


class AgentForm(forms.Form):
    other = forms.CharField(max_length=40, label="The member", help_text="their member code")
    ceiling = ScaledField(STROOPS, label="Ceiling", help_text="the most cash they may hold for you")


class SellForm(EnergyForm):
    generator = forms.ChoiceField(label="At")

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["generator"].choices = list(choices)
        self.order_fields(["generator"])


class HandoverForm(forms.Form):
    cash = ScaledField(STROOPS, label="Cash you have in hand")


class NothingForm(forms.Form):
    """A button."""
