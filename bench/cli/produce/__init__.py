"""Commands that write predictions, offsets, edges and conversions."""
