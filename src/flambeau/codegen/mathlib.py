"""to be filled"""
FUNCTIONS: dict = {}
