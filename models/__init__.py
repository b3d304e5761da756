"""Learn from examples, and judge what was learned."""

import os

# TensorFlow reads both as it is imported: Recommenders speaks Keras 2, and its C++ tells too much
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
