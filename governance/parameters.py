"""The business parameters of governance itself."""

from stelltron.core.parameters import declare

SPONSORS = declare(
    "governance.sponsors",
    unit="members",
    default=1,
    lowest=0,
    highest=100,
    help="who has to stand behind a draft besides its author before it goes to the vote",
)
DELEGATES_VOTE_HOURS = declare(
    "governance.delegates_vote_hours",
    unit="hours",
    default=24,
    lowest=1,
    highest=168,
    help="how long before the end a delegate's choice is cast for those who have not voted",
)
