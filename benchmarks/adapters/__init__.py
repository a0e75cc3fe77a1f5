"""One file a library, one shape: `PACKAGES`, `prepare()` and `load(models, preset)`.

`load` gives a function from a list of texts to float32 `[n, 384]`, unit length, cut at 256 tokens.
"""
