from . import case_admin, payout_admin, rules_admin, statement_admin, wallet_admin  # noqa: F401  the office's pages
