"""Proposals: the board, writing one, and one of them with its vote, its results and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance import comments, drafting, voting
from governance.models import Proposal
from governance.rehearsal import rehearsing
from governance.tasks import rehearse as play_rehearsal
from stelltron.core.errors import Refused
from stelltron.members.models import Member, Wallet

from .. import proposal_forms as given
from ..access import MemberRequest, member_required
from ..selectors import proposals as selectors

FIELD_OF = {
    "bad_title": "title",
    "bad_text": "text",
    "parameter_out_of_bounds": "value",
    "nothing_changes": "value",
    "slot_misaligned": "effective_from",
    "moment_too_early": "effective_from",
    "amount_not_positive": "stroops",
    "bad_address": "registrar",
    "bad_until": "until",
    **{f"bad_{field}": field for field in given.RULES},
}


@require_GET
@member_required
def board(request: MemberRequest) -> HttpResponse:
    return _board(request, given.DelegateForm())


def _board(request: MemberRequest, form: forms.Form, status: int = 200) -> HttpResponse:
    shown = selectors.board(request.member, request.GET.get("page"), request.GET.get("open"))
    context = {**shown, "sorts": given.SORTS, "form": form}
    return render(request, "portal/proposals.html", context, status=status)


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def write(request: MemberRequest, sort: str) -> HttpResponse:
    chosen = given.SORTS.get(sort)
    if chosen is None:
        raise Http404
    form = chosen.form(request.member.community, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proposal = drafting.draft(request.member, kind=chosen.kind, **form.wish())
        except Refused as problem:
            _blame(form, problem)
        else:
            messages.success(request, "Your draft is written. Others can stand behind it now.")
            return redirect("portal:proposal", proposal_id=proposal.pk)
    return _form(request, form, chosen, None)


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def revise(request: MemberRequest, proposal_id: UUID) -> HttpResponse:
    proposal = _proposal(request, proposal_id)
    if proposal.author_id != request.member.pk or proposal.state != Proposal.State.DRAFT:
        raise Http404
    sort = given.sort_of(proposal)
    form = sort.form(request.member.community, request.POST or None, initial=given.as_entered(proposal))
    if request.method == "POST" and form.is_valid():
        try:
            drafting.revise(proposal, request.member, **form.wish())
        except Refused as problem:
            _blame(form, problem)
        else:
            messages.success(request, "Changed. Whoever stood behind it is asked to read it again.")
            return redirect("portal:proposal", proposal_id=proposal.pk)
    return _form(request, form, sort, proposal)


def _form(request: MemberRequest, form: forms.Form, sort: given.Sort, proposal: Proposal | None) -> HttpResponse:
    context = {"form": form, "sort": sort, "proposal": proposal}
    if isinstance(form, given.RulesForm):
        context["rules"] = selectors.rules_in_force(request.member)
    return render(request, "portal/proposal_form.html", context, status=422 if form.errors else 200)


@require_GET
@member_required
def page(request: MemberRequest, proposal_id: UUID) -> HttpResponse:
    return _page(request, _proposal(request, proposal_id), given.CommentForm())


@require_GET
@member_required
def results(request: MemberRequest, proposal_id: UUID) -> HttpResponse:
    """The count alone, which the page asks for again and again."""
    return render(request, "portal/parts/results.html", selectors.results(_proposal(request, proposal_id)))


@require_GET
@member_required
def rehearsal(request: MemberRequest, proposal_id: UUID) -> HttpResponse:
    """What the last weeks would have been, or how far it has been played."""
    found = selectors.rehearsal(_proposal(request, proposal_id), request.member)
    return render(request, "portal/parts/rehearsal.html", found)


@csrf_protect
@require_POST
@member_required
def rehearse(request: MemberRequest, proposal_id: UUID) -> HttpResponse:
    def do(proposal: Proposal, member: Member) -> None:
        asked, to_play = rehearsing.ask(proposal)
        if to_play:
            transaction.on_commit(lambda: play_rehearsal.delay(str(asked.pk)))

    return _do(request, proposal_id, do, "It is being played.")


def _page(request: MemberRequest, proposal: Proposal, form: forms.Form, status: int = 200) -> HttpResponse:
    signs_alone = request.member.wallet.kind == Wallet.Kind.EXTERNAL
    context = {**selectors.detail(proposal, request.member), "form": form, "signs_alone": signs_alone}
    return render(request, "portal/proposal.html", context, status=status)


@csrf_protect
@require_POST
@member_required
def comment(request: MemberRequest, proposal_id: UUID) -> HttpResponse:
    proposal, form = _proposal(request, proposal_id), given.CommentForm(request.POST)
    if form.is_valid():
        try:
            comments.say(proposal, request.member, form.cleaned_data["text"])
        except Refused as problem:
            _blame(form, problem)
        else:
            return redirect("portal:proposal", proposal_id=proposal.pk)
    return _page(request, proposal, form, status=422)


@csrf_protect
@require_POST
@member_required
def vote(request: MemberRequest, proposal_id: UUID) -> HttpResponse:
    form = given.VoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose yes, no or abstain.")
        return redirect("portal:proposal", proposal_id=proposal_id)
    choice = form.cleaned_data["choice"]
    return _do(request, proposal_id, lambda one, member: voting.vote(one, member, choice), "Your vote is on its way.")


ACTS: dict[str, tuple[Callable[[Proposal, Member], Any], str]] = {
    "stand-behind": (drafting.stand_behind, "You stand behind it."),
    "submit": (drafting.submit, "It is on its way to the vote."),
    "withdraw": (drafting.withdraw, "The draft is withdrawn."),
    "cancel": (drafting.cancel, "It is being cancelled."),
}


@csrf_protect
@require_POST
@member_required
def act(request: MemberRequest, proposal_id: UUID, name: str) -> HttpResponse:
    if name not in ACTS:
        raise Http404
    do, said = ACTS[name]
    return _do(request, proposal_id, do, said)


@csrf_protect
@require_POST
@member_required
def follow(request: MemberRequest) -> HttpResponse:
    form = given.DelegateForm(request.POST)
    if form.is_valid():
        code = form.cleaned_data["delegate"].strip()
        delegate = Member.objects.filter(community=request.member.community, code=code).first()
        try:
            if delegate is None:
                raise Refused("no_such_member", "no member of your co-op has this number")
            voting.delegate_to(request.member, delegate)
        except Refused as problem:
            form.add_error("delegate", f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            messages.success(request, f"Where you have not voted, your vote follows {delegate.name}'s.")
            return redirect("portal:proposals")
    return _board(request, form, status=422)


@csrf_protect
@require_POST
@member_required
def unfollow(request: MemberRequest) -> HttpResponse:
    voting.take_back(request.member)
    messages.success(request, "You decide for yourself again.")
    return redirect("portal:proposals")


def _do(request: MemberRequest, proposal_id: UUID, do: Callable[[Proposal, Member], Any], said: str) -> HttpResponse:
    proposal = _proposal(request, proposal_id)
    try:
        do(proposal, request.member)
    except Refused as problem:
        messages.error(request, f"{problem.message[:1].upper()}{problem.message[1:]}.")
    else:
        messages.success(request, said)
    return redirect("portal:proposal", proposal_id=proposal.pk)


def _blame(form: forms.Form, problem: Refused) -> None:
    field = FIELD_OF.get(problem.code)
    said = f"{problem.message[:1].upper()}{problem.message[1:]}."
    form.add_error(field if field in form.fields else None, said)


def _proposal(request: MemberRequest, proposal_id: UUID) -> Proposal:
    return get_object_or_404(selectors.visible(request.member), pk=proposal_id)
