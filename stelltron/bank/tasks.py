from celery import shared_task

from . import beginnings, leaving, standing


@shared_task
def attest_reserves() -> None:
    standing.attest_again()


@shared_task
def take_out_of_the_market() -> None:
    leaving.take_ready()


@shared_task
def ask_again_where_rules_began() -> None:
    beginnings.ask_again_where_rules_began()
