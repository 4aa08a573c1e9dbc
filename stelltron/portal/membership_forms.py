"""What applicants and leaving members fill in."""

from __future__ import annotations

from django import forms
from django.contrib.auth.password_validation import validate_password

from stelltron.register.models import Application


class ApplicationForm(forms.Form):
    kind = forms.ChoiceField(label="You apply as a", choices=Application._meta.get_field("kind").choices)
    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    representative = forms.CharField(
        label="Who acts for it", max_length=120, required=False, help_text="a company's or institution's representative"
    )
    address = forms.CharField(
        max_length=300,
        help_text="street, place, country",
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    phone = forms.CharField(
        max_length=20, required=False, widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"})
    )
    shares = forms.IntegerField(min_value=0, initial=1, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    password = forms.CharField(
        strip=False,
        help_text="to sign in with once you are admitted",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password)
        return password


class ResignForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=300)
