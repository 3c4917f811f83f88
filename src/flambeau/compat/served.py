"""Imported by a process before the script that started it: from here on `torch` is answered for."""

from .finder import install

install()
