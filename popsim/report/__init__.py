"""The report of a run for readers who never see Python; it lays out and computes nothing."""
