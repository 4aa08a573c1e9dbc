use soroban_sdk::contracterror;

/// Refusals of the governor.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum GovernorError {
    /// The contract was never constructed.
    NotConfigured = 620,
    /// One set of rules for each kind: quorum above zero, majority of at least
    /// half, neither above 100 %, times within their limits, upgrades decided
    /// by the members.
    InvalidRules = 621,
    /// At most 32 grants, and none for upgrades and texts.
    InvalidScope = 622,
    /// The proposer was not a member just before.
    NotMember = 623,
    /// Nobody could vote on it.
    NobodyEligible = 624,
    /// A text makes no calls, anything else one to eight.
    InvalidCalls = 625,
    /// A call that this kind of proposal may not make.
    OutOfScope = 626,
    /// No proposal has this number.
    UnknownProposal = 627,
    /// The vote has not begun.
    VotingNotBegun = 628,
    /// The vote is over.
    VotingOver = 629,
    /// The voter had no vote at the snapshot.
    NoVote = 630,
    /// The voter has voted.
    AlreadyVoted = 631,
    /// More votes than were eligible.
    TooManyVotes = 632,
    /// The vote goes on.
    VotingNotOver = 633,
    /// Too few voted.
    QuorumMissed = 634,
    /// Too few of those who decided agreed.
    MajorityMissed = 635,
    /// A text makes no calls to queue.
    NothingToQueue = 636,
    /// The proposal was queued already.
    AlreadyQueued = 637,
    /// The proposal was cancelled.
    AlreadyCancelled = 638,
    /// Nobody queued it in time.
    QueueExpired = 639,
    /// Neither the proposer while the vote is not over, nor a guardian whose
    /// term runs.
    NotEntitled = 640,
    /// The proposal has failed, expired or happened.
    Closed = 641,
}
