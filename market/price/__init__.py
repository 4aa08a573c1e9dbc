"""The dynamic reference price: formula, quotes, oracle."""
