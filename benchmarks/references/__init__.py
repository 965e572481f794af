"""The same jobs as others would write them: one file per reference."""
