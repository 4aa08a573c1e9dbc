from .anchor import AnchorTransfer, CustomerRecord
from .cases import Case, Clearance
from .payouts import PaymentFile, Payout
from .statements import BankAccount, BankLine, BankStatement, KnownAccount, PaymentReference

__all__ = [
    "AnchorTransfer",
    "BankAccount",
    "BankLine",
    "BankStatement",
    "Case",
    "Clearance",
    "CustomerRecord",
    "KnownAccount",
    "PaymentFile",
    "PaymentReference",
    "Payout",
]
