"""All torch plumbing: device, checkpoints, inference, training loop, backbones."""
