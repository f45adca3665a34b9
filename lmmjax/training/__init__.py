"""Training: loss, step, parallel devices, checkpoints and the loop."""
