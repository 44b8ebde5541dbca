"""The treaty: what a trained model is, how it lies on disk, which version is current. NumPy only."""
