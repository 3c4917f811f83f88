"""Machine code, memory and threads: IR text and launches come in, results and faults go out."""
