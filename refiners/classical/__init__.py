"""Refiners without a network: filters, GrabCut, prior shift, oracles, chains, external programs."""
