"""One file for each library, one interface: `PACKAGES`, `prepare()`, `load(models, preset)`.

`load` gives a function from a list of texts to float32 `[n, 384]`, unit length, cut at 256 tokens.
"""
