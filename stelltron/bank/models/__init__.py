from .anchor import AnchorTransfer, CustomerRecord
from .cases import Case, CaseStep, Clearance
from .payouts import PaymentFile, Payout
from .statements import BankAccount, BankLine, BankStatement, KnownAccount, PaymentReference

__all__ = [
    "AnchorTransfer",
    "BankAccount",
    "BankLine",
    "BankStatement",
    "Case",
    "CaseStep",
    "Clearance",
    "CustomerRecord",
    "KnownAccount",
    "PaymentFile",
    "PaymentReference",
    "Payout",
]
