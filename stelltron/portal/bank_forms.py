"""What members type about their bank."""

from __future__ import annotations

from django import forms

from stelltron.core.units import STROOPS

from .forms import ScaledField


class PayoutForm(forms.Form):
    amount = ScaledField(STROOPS, label="Amount", help_text="of the WATT in your wallet; at most two decimals")
    name = forms.CharField(
        label="Account holder", max_length=70, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    iban = forms.CharField(
        label="IBAN",
        max_length=42,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


class LeaveForm(forms.Form):
    market_amount = ScaledField(STROOPS, label="Amount", help_text="of the WATT in the market that are free")
