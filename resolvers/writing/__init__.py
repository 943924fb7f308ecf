"""Mutations, one file per noun: the inputs, then the functions. Only schema imports them."""
