"""The papers' tables: what they print, how each is made again, and the two beside each other."""
