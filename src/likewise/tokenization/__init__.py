"""Texts to token ids, with the checkpoint's own tokenizer and its limits."""
