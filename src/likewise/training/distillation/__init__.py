"""Distillation: smaller and faster models that give nearly the vectors of a larger one.

Import from the modules: `static_table` makes a table of token vectors, `student` and `layers` a
network of fewer layers, `cross_encoder` teaches an encoder with a cross-encoder, `run` does one.
"""
