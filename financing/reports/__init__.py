"""What members, staff and regulators take away: statements, impact and cash flow."""
