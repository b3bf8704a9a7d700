"""Sensor model: slight blur, shot and read noise, vignetting, eight bits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BLUR_PX = 0.55
SHOT = 0.022
READ = 0.008


def expose(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """float32 (H, W, 3) in 0..1 to uint8. Noise variance is READ**2 + SHOT**2 * intensity."""
    height, width = light.shape[:2]
    blurred = cv2.GaussianBlur(light, (0, 0), BLUR_PX * height / 256)
    rows = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1.0, 1.0, width, dtype=np.float32)
    blurred *= (1.0 - 0.10 * (rows**2 + columns**2) / 2)[..., None]
    np.clip(blurred, 0.0, 1.0, out=blurred)
    noise = rng.standard_normal(blurred.shape, dtype=np.float32)
    noise *= np.sqrt(READ**2 + SHOT**2 * blurred)
    blurred += noise
    return np.asarray(np.clip(blurred * 255.0 + 0.5, 0.0, 255.0), dtype=np.uint8)
