"""Anybody's own data: folders of label maps, of binary masks, of edges."""
