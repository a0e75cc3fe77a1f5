"""Training: mixed data, losses, the loop, the proof and the gate.

Import from the modules: `recipe` describes a training, `run` does one, `trainer` is the loop. They
need the extra `train`, except `recipe`.
"""
