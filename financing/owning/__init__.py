"""What owners of units do: income, sales, futures, buy-outs, exits."""
