"""Files of objects and segments in the forms of other tools: what can become what, and what is lost on the way."""
