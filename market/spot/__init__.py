"""The spot book: members trade held energy between slots."""
