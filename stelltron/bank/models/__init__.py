from .anchor import AnchorTransfer, CustomerRecord, FormerRecord
from .cases import Case, CaseStep, Clearance
from .payouts import PaymentFile, Payout
from .rules import Adoption, Begun, RuleSet
from .statements import BankAccount, BankLine, BankStatement, KnownAccount, PaymentReference
from .wallets import WalletChange

__all__ = [
    "Adoption",
    "AnchorTransfer",
    "BankAccount",
    "BankLine",
    "BankStatement",
    "Begun",
    "Case",
    "CaseStep",
    "Clearance",
    "CustomerRecord",
    "FormerRecord",
    "KnownAccount",
    "PaymentFile",
    "PaymentReference",
    "Payout",
    "RuleSet",
    "WalletChange",
]
