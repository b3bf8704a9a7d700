"""Tables of objects and of images, a row each, for filters of one's own."""
