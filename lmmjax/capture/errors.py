"""Errors of capture: what is wrong with footage, where, and what to do."""


class CaptureError(ValueError):
    """Footage that cannot be used; names the camera, file or frame and the remedy."""
