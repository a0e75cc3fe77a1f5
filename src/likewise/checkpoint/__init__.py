"""Where checkpoints come from: a name to verified files to config, weights and tokenizer."""
