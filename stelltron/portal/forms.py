"""What members type: kWh and money as they write them, integers inside."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from market.models import Order
from market.price.pricing import BASIS, Conditions
from stelltron.core.models import Community
from stelltron.core.units import LARGEST_WH, STROOPS, WH_PER_KWH, parse_scaled
from stelltron.members.models import NoticeChoice


class ScaledField(forms.CharField):
    """A decimal number as a whole number of its smallest unit."""

    def __init__(self, scale: int, **kwargs: Any) -> None:
        self.scale = scale
        kwargs.setdefault("max_length", 24)
        kwargs["widget"] = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**kwargs)

    def clean(self, value: str) -> int | None:
        text = super().clean(value).replace(" ", "")
        if not text:
            return None
        if "," in text:
            raise forms.ValidationError("Write the number with a point, without commas: 1234.5")
        try:
            return parse_scaled(text, self.scale)
        except ValueError as problem:
            raise forms.ValidationError(f"{problem}".replace("'", "“", 1).replace("'", "”", 1)) from None


class AmountForm(forms.Form):
    amount = ScaledField(STROOPS, label="Amount")


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username", "inputmode": "email"})
    )
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class OrderForm(forms.Form):
    KINDS = (
        (Order.Kind.LIMIT, "at my price or better"),
        (Order.Kind.MARKET, "at the market, now"),
        (Order.Kind.STOP, "once the price reaches …"),
    )
    STANDS = (
        ("", "until I cancel it"),
        ("1", "1 hour"),
        ("6", "6 hours"),
        ("24", "24 hours"),
        (Order.Force.IOC, "now: what does not trade is cancelled"),
        (Order.Force.FOK, "now: all of it or nothing"),
    )

    side = forms.ChoiceField(choices=Order.Side.choices, widget=forms.RadioSelect, initial=Order.Side.BUY)
    kwh = ScaledField(WH_PER_KWH, label="Energy", help_text="kWh, up to 3 decimals")
    kind = forms.ChoiceField(choices=KINDS, required=False, label="Trades")
    price = ScaledField(
        STROOPS, label="Limit price", required=False, help_text="per kWh, a buyer's with the grid fee, up to 7 decimals"
    )
    trigger = ScaledField(
        STROOPS, label="Wakes at", required=False, help_text="the last price per kWh that puts it on the book"
    )
    stands = forms.ChoiceField(choices=STANDS, required=False, label="Stands")

    def wish(self, community: Community) -> dict[str, Any]:
        """What ``market.spot.matching.desk.place_order`` takes; a field that the kind does not show is left out."""
        data = self.cleaned_data
        kind, stands = data["kind"] or Order.Kind.LIMIT, data["stands"]
        hours = int(stands) if stands.isdecimal() else None
        return {
            "side": data["side"],
            "wh": data["kwh"],
            "kind": kind,
            "price": None if kind == Order.Kind.MARKET else data["price"],
            "trigger": data["trigger"] if kind == Order.Kind.STOP else None,
            "force": stands if stands in Order.Force.values else Order.Force.GTC,
            "expires_at": community.now() + timedelta(hours=hours) if hours and kind != Order.Kind.MARKET else None,
        }


class MandateForm(forms.Form):
    sells = forms.BooleanField(label="Sell my surplus", required=False, initial=True)
    buys = forms.BooleanField(label="Buy for my needs", required=False, initial=True)
    sell_at_least = ScaledField(STROOPS, label="Sell at least at", help_text="per kWh")
    buy_at_most = ScaledField(STROOPS, label="Buy at most at", help_text="per kWh, grid fee included")
    slot_kwh = ScaledField(WH_PER_KWH, label="Most in one slot", help_text="kWh")
    day_kwh = ScaledField(WH_PER_KWH, label="Most in one day", help_text="kWh, UTC day")
    until = forms.DateField(
        label="Valid until", widget=forms.DateInput(attrs={"type": "date"}), help_text="end of that day"
    )

    def valid_until(self, community: Community) -> datetime:
        return end_of(self.cleaned_data["until"], community)


class NoticeForm(forms.Form):
    mail = forms.ChoiceField(choices=NoticeChoice.Mail.choices, label="E-mails")
    phone = forms.CharField(
        label="Mobile number",
        max_length=20,
        required=False,
        help_text="for an SMS when your mandate ends or a contract changes; empty: none",
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )


class ContractForm(forms.Form):
    side = forms.ChoiceField(
        choices=(("SELL", "I sell"), ("BUY", "I buy")), widget=forms.RadioSelect, initial="SELL", label="Side"
    )
    other = forms.CharField(
        label="With the member",
        max_length=40,
        help_text="their member code",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    price = ScaledField(
        STROOPS, label="Price", help_text="what the seller gets per kWh; the buyer pays the grid fee on top"
    )
    slot_kwh = ScaledField(WH_PER_KWH, label="Most in one slot", help_text="kWh")
    until = forms.DateField(
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="end of that day; it starts with the next slot",
    )

    def terms(self, community: Community) -> dict[str, Any]:
        """What ``market.friends.agreements.offer_to`` takes."""
        data = self.cleaned_data
        return {
            "other": data["other"].strip(),
            "i_sell": data["side"] == "SELL",
            "price": data["price"],
            "slot_wh": data["slot_kwh"],
            "valid_from": community.now(),
            "valid_until": end_of(data["until"], community),
        }


class StoredOfferForm(forms.Form):
    HOURS = ((6, "6 hours"), (12, "12 hours"), (24, "a day"), (72, "3 days"), (168, "a week"))

    kwh = ScaledField(WH_PER_KWH, label="Energy", help_text="kWh out of your battery")
    price = ScaledField(STROOPS, label="Price", help_text="per kWh")
    within = forms.TypedChoiceField(choices=HOURS, coerce=int, label="Delivered within", initial=24)

    def terms(self, community: Community) -> dict[str, Any]:
        """What ``market.stored.sales.offer_stored`` takes."""
        data = self.cleaned_data
        ends = community.now() + timedelta(hours=data["within"])
        return {"wh": data["kwh"], "price": data["price"], "deliver_by": ends}


class BuyStoredForm(forms.Form):
    kwh = ScaledField(WH_PER_KWH, label="Energy", help_text="kWh")


def end_of(day: date, community: Community) -> datetime:
    """The end of the day, as the community's own clock and zone have it."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(community.time_zone)).astimezone(UTC)


class InvestmentForm(forms.Form):
    cost = ScaledField(STROOPS, label="Your plant cost", help_text="panels, battery, installation")
    own_use_kwh = ScaledField(
        WH_PER_KWH,
        label="Used in the house",
        required=False,
        help_text="kWh a year that never reach the meter, if known",
    )


class PlaygroundForm(forms.Form):
    """The six factors' inputs, as members would say them."""

    MONTHS = [(number, date(2000, number, 1).strftime("%B")) for number in range(1, 13)]
    HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]
    PER_CENT = BASIS // 100
    FURTHEST_M, MOST_TRADES = 1_000_000, 1_000_000

    demand_wh = ScaledField(WH_PER_KWH, label="Demand", help_text="kWh drawn in the slot")
    supply_wh = ScaledField(WH_PER_KWH, label="Supply", help_text="kWh fed in")
    charge_bp = ScaledField(
        PER_CENT, label="State of charge", required=False, help_text="% of the batteries; empty: none"
    )
    metres = ScaledField(1000, label="Distance", help_text="km between the two homes")
    hour = forms.TypedChoiceField(choices=HOURS, coerce=int, label="Hour")
    month = forms.TypedChoiceField(choices=MONTHS, coerce=int, label="Month")
    delivered = ScaledField(1, label="Trades delivered")
    agreed = ScaledField(1, label="Trades agreed")
    voltage_bp = ScaledField(PER_CENT, label="Stable voltages", required=False, help_text="%; empty: not measured")
    battery_bp = ScaledField(PER_CENT, label="Batteries' health", required=False, help_text="%; empty: not measured")

    MOST = {
        "demand_wh": LARGEST_WH,
        "supply_wh": LARGEST_WH,
        "charge_bp": BASIS,
        "metres": FURTHEST_M,
        "delivered": MOST_TRADES,
        "agreed": MOST_TRADES,
        "voltage_bp": BASIS,
        "battery_bp": BASIS,
    }

    @staticmethod
    def example(now: datetime) -> dict[str, str]:
        """What the playground starts with: twice as much demand as supply, at this hour."""
        return {
            "demand_wh": "20",
            "supply_wh": "10",
            "charge_bp": "60",
            "metres": "0.5",
            "hour": str(now.hour),
            "month": str(now.month),
            "delivered": "9",
            "agreed": "9",
            "voltage_bp": "99",
            "battery_bp": "90",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name, most in self.MOST.items():
            value = data.get(name)
            if value is not None and not 0 <= value <= most:
                scale = self.fields[name].scale
                self.add_error(name, f"Give a number from 0 to {most // scale:,}.")
        if (data.get("delivered") or 0) > (data.get("agreed") or 0):
            self.add_error("delivered", "No more trades can be delivered than were agreed.")
        return data

    def conditions(self) -> Conditions:
        return Conditions(**self.cleaned_data)


class ClaimForm(forms.Form):
    code = forms.CharField(
        label="Claim code",
        max_length=24,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
