"""The utility's tariffs: plans, time bands, standing charges, taxes."""
