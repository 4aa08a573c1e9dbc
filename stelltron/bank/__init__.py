"""The way to the bank: statements in, payments out, and the reserves behind every WATT."""
