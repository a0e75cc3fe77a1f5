"""Which model, prompt, truncation or mistake in decoding made given vectors."""
