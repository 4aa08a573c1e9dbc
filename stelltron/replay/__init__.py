"""Recorded households through the real co-op: the replay command, the sample and the story demos."""
