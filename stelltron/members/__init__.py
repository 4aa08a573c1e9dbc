"""People and entities: members, roles, KYC, wallets, sign-in."""
