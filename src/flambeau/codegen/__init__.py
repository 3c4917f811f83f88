"""From loop nests and contractions to LLVM IR text; `scalar.py` is the instruction set of them all."""
