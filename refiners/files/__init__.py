"""Arrays on disk, safely: .npz, .png, .mat, atomic writes, caches."""
