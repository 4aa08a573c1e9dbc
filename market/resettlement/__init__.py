"""What is settled once more: late readings, refused settlements, and every line recomputed."""
