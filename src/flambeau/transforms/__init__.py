"""Transforms of functions: levels at which calls of ops are batched, recorded for gradients, or given tangents."""
