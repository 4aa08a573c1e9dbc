"""What members enter for a proposal: a form for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from governance import changes
from governance.founding import CODES, GUARDIAN_TERM
from governance.models import Ballot, Proposal
from governance.models.kinds import Kind
from market.parameters import MECHANISM
from stelltron.core.models import Community
from stelltron.core.parameters import REGISTRY, value_at
from stelltron.core.units import STROOPS
from stelltron.members.models import Member

from .forms import ScaledField

TEXT = {"autocomplete": "off"}
DAY = 86_400
# As ``constitution`` names them, in percent and days here.
SCALES = {"quorum_bps": 100, "majority_bps": 100, "notice_seconds": DAY, "period_seconds": DAY, "delay_seconds": DAY}
RULES = ("rules_of", *SCALES, "by_stake")


class ProposalForm(forms.Form):
    title = forms.CharField(max_length=120, label="Title", widget=forms.TextInput(attrs=TEXT))
    text = forms.CharField(
        max_length=10_000, label="Why", widget=forms.Textarea(attrs={"rows": 6}), help_text="what members decide by"
    )

    def __init__(self, community: Community, *args: Any, **kwargs: Any) -> None:
        self.community = community
        super().__init__(*args, **kwargs)

    def change(self) -> changes.Change:
        return {}

    def wish(self) -> dict[str, Any]:
        """What ``governance.drafting.draft`` takes, but the kind."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "text": data["text"],
            "change": self.change(),
            "effective_from": data.get("effective_from"),
        }


class _FromSlotForm(ProposalForm):
    effective_from = forms.DateTimeField(
        label="Holds from",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 3600}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text="after the vote and its waiting time; in your co-op's time",
    )
    kind: Kind

    def __init__(self, community: Community, *args: Any, **kwargs: Any) -> None:
        super().__init__(community, *args, **kwargs)
        first = changes.earliest(community, self.kind, datetime.now(UTC)) + timedelta(hours=1)
        self.fields["effective_from"].initial = timezone.localtime(first.replace(minute=0))


class ValueForm(_FromSlotForm):
    kind = Kind.PARAMETER
    key = forms.ChoiceField(label="Value")
    value = forms.IntegerField(label="New value", widget=forms.TextInput(attrs={"inputmode": "numeric", **TEXT}))

    def __init__(self, community: Community, *args: Any, **kwargs: Any) -> None:
        super().__init__(community, *args, **kwargs)
        now = community.now()
        self.fields["key"].choices = [
            (key, f"{one.help[:90]} (now {value_at(community, one, now):,} {one.unit})")
            for key, one in sorted(REGISTRY.items())
            if one != MECHANISM
        ]
        self.order_fields(["title", "key", "value", "effective_from", "text"])

    def change(self) -> changes.Change:
        return {"key": self.cleaned_data["key"], "value": self.cleaned_data["value"]}


class MechanismForm(_FromSlotForm):
    kind = Kind.MECHANISM
    value = forms.TypedChoiceField(
        label="Energy is shared by",
        coerce=int,
        choices=[(one.value, said) for one, said in changes.MECHANISM_NAMES.items()],
    )

    def __init__(self, community: Community, *args: Any, **kwargs: Any) -> None:
        super().__init__(community, *args, **kwargs)
        self.order_fields(["title", "value", "effective_from", "text"])

    def change(self) -> changes.Change:
        return {"value": self.cleaned_data["value"]}


class BudgetForm(ProposalForm):
    to = forms.CharField(max_length=40, label="To the member with the number", widget=forms.TextInput(attrs=TEXT))
    stroops = ScaledField(STROOPS, label="Amount", help_text="WATT, from the common purse")

    def clean_to(self) -> str:
        found = Member.objects.filter(community=self.community, code=self.cleaned_data["to"].strip()).first()
        if found is None:
            raise forms.ValidationError("No member of your co-op has this number.")
        return str(found.pk)

    def change(self) -> changes.Change:
        return {"to": self.cleaned_data["to"], "stroops": self.cleaned_data["stroops"]}


class UpgradeForm(ProposalForm):
    contract = forms.ChoiceField(
        choices=[(code, code.replace("_", " ")) for code in CODES],
        help_text="gets the code that came with this version of the software",
    )

    def change(self) -> changes.Change:
        return {"contract": self.cleaned_data["contract"]}


class RegistrarForm(ProposalForm):
    registrar = forms.CharField(max_length=56, label="Who keeps the roll", help_text="a Stellar address: G… or C…")

    def change(self) -> changes.Change:
        return {"registrar": self.cleaned_data["registrar"].strip()}


class RulesForm(ProposalForm):
    rules_of = forms.ChoiceField(label="For proposals of the kind", choices=Kind.choices)
    quorum_bps = ScaledField(100, label="Quorum", help_text="percent of those who may vote, abstentions included")
    majority_bps = ScaledField(100, label="Majority", help_text="percent of yes and no, 50 or more")
    notice_seconds = ScaledField(DAY, label="Notice", help_text="days between the proposal and the vote")
    period_seconds = ScaledField(DAY, label="The vote lasts", help_text="days")
    delay_seconds = ScaledField(DAY, label="Waiting time", help_text="days between the vote and what it does")
    by_stake = forms.BooleanField(
        required=False, label="Votes weigh the GRID at stake", help_text="instead of one for each member"
    )

    def __init__(self, community: Community, *args: Any, **kwargs: Any) -> None:
        super().__init__(community, *args, **kwargs)
        self.order_fields(["title", *RULES, "text"])

    def change(self) -> changes.Change:
        return {key: self.cleaned_data[key] for key in RULES}


class GuardianForm(ProposalForm):
    guardian = forms.CharField(max_length=56, label="Guardian", help_text="a Stellar address: G… or C…")
    until = forms.DateField(
        label="Until", widget=forms.DateInput(attrs={"type": "date"}), help_text="within a year from now"
    )

    def __init__(self, community: Community, *args: Any, **kwargs: Any) -> None:
        super().__init__(community, *args, **kwargs)
        # This software's own key: only with that one it takes a harmful value back by itself.
        self.fields["guardian"].initial = settings.STELLAR.guardian.public_key
        self.fields["until"].initial = (datetime.now(UTC) + GUARDIAN_TERM - timedelta(days=1)).date().isoformat()
        self.order_fields(["title", "guardian", "until", "text"])

    def change(self) -> changes.Change:
        end = timezone.make_aware(datetime.combine(self.cleaned_data["until"], time()))
        return {"guardian": self.cleaned_data["guardian"].strip(), "until": end.isoformat()}


class DeclarationForm(ProposalForm):
    declare = forms.ChoiceField(
        label="Value", help_text="one that came with a newer version of the software", choices=()
    )

    def __init__(self, community: Community, *args: Any, **kwargs: Any) -> None:
        super().__init__(community, *args, **kwargs)
        self.fields["declare"].choices = [(key, one.help[:90]) for key, one in sorted(REGISTRY.items())]
        self.order_fields(["title", "declare", "text"])

    def change(self) -> changes.Change:
        return {"declare": self.cleaned_data["declare"]}


@dataclass(frozen=True)
class Sort:
    """What a member chooses to propose."""

    kind: Kind
    label: str
    form: type[ProposalForm]


SORTS = {
    "text": Sort(Kind.TEXT, "a resolution", ProposalForm),
    "parameter": Sort(Kind.PARAMETER, "a change of a value", ValueForm),
    "mechanism": Sort(Kind.MECHANISM, "another way to share energy", MechanismForm),
    "budget": Sort(Kind.BUDGET, "a payment from the common purse", BudgetForm),
    "membership": Sort(Kind.MEMBERSHIP, "who keeps the roll", RegistrarForm),
    "code": Sort(Kind.UPGRADE, "new code for a contract", UpgradeForm),
    "rules": Sort(Kind.UPGRADE, "other rules of the vote", RulesForm),
    "guardian": Sort(Kind.UPGRADE, "who is guardian", GuardianForm),
    "declaration": Sort(Kind.UPGRADE, "a new value to vote on", DeclarationForm),
}
_SORT_OF_ACT = {"contract": "code", "rules_of": "rules", "guardian": "guardian", "declare": "declaration"}


def sort_of(proposal: Proposal) -> Sort:
    """The sort that a draft was written as."""
    if proposal.kind != Kind.UPGRADE:
        return SORTS[proposal.kind.lower()]
    return next(SORTS[name] for key, name in _SORT_OF_ACT.items() if key in proposal.change)


def as_entered(proposal: Proposal) -> dict[str, Any]:
    """A draft's own words and change, to be revised."""
    change = dict(proposal.change)
    if proposal.kind == Kind.BUDGET:
        change["to"] = Member.objects.get(pk=change["to"]).code
        change["stroops"] = f"{change['stroops'] / STROOPS:.7f}"
    change |= {key: f"{change[key] / scale:g}" for key, scale in SCALES.items() if key in change}
    if "until" in change:
        change["until"] = timezone.localtime(datetime.fromisoformat(change["until"])).date()
    moment = timezone.localtime(proposal.effective_from) if proposal.effective_from else None
    return {"title": proposal.title, "text": proposal.text, "effective_from": moment, **change}


class VoteForm(forms.Form):
    choice = forms.ChoiceField(choices=Ballot.Choice.choices)


class CommentForm(forms.Form):
    text = forms.CharField(max_length=2_000, label="What you think", widget=forms.Textarea(attrs={"rows": 3}))


class DelegateForm(forms.Form):
    delegate = forms.CharField(
        max_length=40, label="Whom you trust", help_text="the member's number", widget=forms.TextInput(attrs=TEXT)
    )
